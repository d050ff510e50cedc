//! The port of what nodes know and the database does not, on SQLite.

use crate::batch::{SettlementWrite, UnrecordedWrite};
use crate::pragma::Connection;
use crate::rows;
use crate::store::{SqliteStore, known};
use async_trait::async_trait;
use domain::{
    Noted, PartId, Settlement, Unasked, Unavailable, UnrecordedCounts, UnrecordedFilter,
    UnrecordedPart, UnrecordedStore,
};

#[async_trait]
impl UnrecordedStore for SqliteStore {
    async fn last_part(&self) -> Result<PartId, Unavailable> {
        self.read(rows::last_part).await
    }

    async fn note(&self, part: UnrecordedPart) -> Result<Noted, Unavailable> {
        let write = UnrecordedWrite::of(part).map_err(|error| Unavailable(error.to_string()))?;
        known(self.write(write).await)
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), Unavailable> {
        let write = SettlementWrite::of(settlement);
        let write = write.map_err(|error| Unavailable(error.to_string()))?;
        known(self.write(write).await)
    }

    async fn unasked(&self) -> Result<Vec<Unasked>, Unavailable> {
        self.read(rows::unasked).await
    }

    async fn unrecorded(
        &self,
        filter: UnrecordedFilter,
    ) -> Result<Vec<UnrecordedPart>, Unavailable> {
        let query = move |connection: &mut Connection| rows::unrecorded(connection, &filter);
        self.read(query).await
    }

    async fn count_unrecorded(&self) -> Result<UnrecordedCounts, Unavailable> {
        self.read(rows::count_unrecorded).await
    }
}

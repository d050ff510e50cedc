//! Fields of rows, read as what they should be. Each error names its field.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::sql_types;
use diesel::sqlite::{Sqlite, SqliteValue};
use domain::{Msat, NodeId, PaymentHash, Preimage, Timestamp};

/// Text, or `None` if it is not UTF-8: diesel's own would fail the whole page.
#[derive(FromSqlRow)]
pub(crate) struct RawText(Option<String>);

impl FromSql<sql_types::Text, Sqlite> for RawText {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = value.read_text().to_owned();
        // This stands for what could not be read, unless it was written so.
        let is_sound =
            !text.contains(char::REPLACEMENT_CHARACTER) || value.read_blob() == text.as_bytes();
        Ok(RawText(is_sound.then_some(text)))
    }
}

impl RawText {
    /// As SQLite could hand it out.
    #[cfg(feature = "fuzz")]
    pub(crate) fn of(bytes: Vec<u8>) -> RawText {
        RawText(String::from_utf8(bytes).ok())
    }

    /// The text.
    pub(crate) fn into_string(self, what: &str) -> Result<String, String> {
        self.0.ok_or_else(|| format!("{what} is not UTF-8"))
    }
}

pub(crate) fn payment_hash(bytes: &[u8]) -> Result<PaymentHash, String> {
    array(bytes, "payment_hash").map(PaymentHash)
}

pub(crate) fn proof(hash: PaymentHash, bytes: &[u8]) -> Result<Preimage, String> {
    let bytes = array(bytes, "payment_preimage")?;
    Preimage::proving(hash, bytes).map_err(|error| format!("A-6: {error}"))
}

pub(crate) fn array<const N: usize>(bytes: &[u8], what: &str) -> Result<[u8; N], String> {
    let length = bytes.len();
    let array = bytes.try_into();
    array.map_err(|_| format!("{what} has {length} bytes, not {N}"))
}

pub(crate) fn optional_array<const N: usize>(
    bytes: Option<&[u8]>,
    what: &str,
) -> Result<Option<[u8; N]>, String> {
    bytes.map(|bytes| array(bytes, what)).transpose()
}

pub(crate) fn node_id(bytes: &[u8], what: &str) -> Result<NodeId, String> {
    NodeId::new(array(bytes, what)?).map_err(|error| format!("{what} {error}"))
}

pub(crate) fn unsigned(number: i64, what: &str) -> Result<u64, String> {
    u64::try_from(number).map_err(|_| format!("{what} is negative"))
}

pub(crate) fn msat(number: i64, what: &str) -> Result<Msat, String> {
    let amount = Msat::new(unsigned(number, what)?);
    amount.map_err(|error| format!("{what}: {error}"))
}

pub(crate) fn count(number: i64, what: &str) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("{what} is out of range"))
}

pub(crate) fn optional_count(number: Option<i64>, what: &str) -> Result<Option<u32>, String> {
    number.map(|number| count(number, what)).transpose()
}

pub(crate) fn time(micros: i64, what: &str) -> Result<Timestamp, String> {
    unsigned(micros, what).map(Timestamp)
}

pub(crate) fn optional_time(micros: Option<i64>, what: &str) -> Result<Option<Timestamp>, String> {
    micros.map(|micros| time(micros, what)).transpose()
}

pub(crate) fn text(text: Option<RawText>, what: &str) -> Result<Option<String>, String> {
    text.map(|text| text.into_string(what)).transpose()
}

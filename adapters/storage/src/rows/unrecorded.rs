//! Parts that nodes know and that are not stored, and nodes that have to be asked. A row that no row of ours can be
//! is told in the log and passed over: what it keeps out, the schema keeps out all the same.

use crate::codes;
use crate::fields::{RawText, msat, payment_hash, text, time, unsigned};
use crate::schema::{counters, nodes, parts, unasked_nodes, unrecorded_parts};
use diesel::dsl::{count_star, max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use domain::{
    NodeName, PartId, Resolution, Unasked, UnrecordedCounts, UnrecordedFilter, UnrecordedPart,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = unrecorded_parts)]
struct UnrecordedRow {
    part_id: i64,
    payment_hash: Vec<u8>,
    fate: i64,
    amount_sent_msat: Option<i64>,
    noticed_at: i64,
    who: Option<RawText>,
    why: Option<RawText>,
}

/// The last number of a part that was given out or passed over.
pub(crate) fn last_part(connection: &mut SqliteConnection) -> QueryResult<PartId> {
    let stored = parts::table.select(max(parts::id)).single_value();
    let last = counters::table.select((counters::last_part, stored));
    let (passed, stored): (i64, Option<i64>) = last.get_result(connection)?;
    let last = passed.max(stored.unwrap_or(0));
    Ok(PartId(u64::try_from(last).unwrap_or(0)))
}

/// A page of them. Those that may be out come first, by an index of their own; then the others, by number.
pub(crate) fn unrecorded(
    connection: &mut SqliteConnection,
    filter: &UnrecordedFilter,
) -> QueryResult<Vec<UnrecordedPart>> {
    let limit = i64::from(filter.limit);
    let mut found = page(connection, filter, "unrecorded_parts.fate in (0, 3)", limit)?;
    let left = limit.saturating_sub(i64::try_from(found.len()).unwrap_or(limit));
    if !filter.is_open && left > 0 {
        let ended = "unrecorded_parts.fate not in (0, 3)";
        found.extend(page(connection, filter, ended, left)?);
    }
    Ok(found)
}

fn page(
    connection: &mut SqliteConnection,
    filter: &UnrecordedFilter,
    fates: &str,
    limit: i64,
) -> QueryResult<Vec<UnrecordedPart>> {
    let mut page = unrecorded_parts::table
        .inner_join(nodes::table)
        .select((UnrecordedRow::as_select(), nodes::name))
        .filter(sql::<Bool>(fates))
        .order(unrecorded_parts::part_id)
        .limit(limit)
        .into_boxed();
    if let Some(hash) = filter.hash {
        page = page.filter(unrecorded_parts::payment_hash.eq(hash.0.to_vec()));
    }
    if let Some(PartId(id)) = filter.part {
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        page = page.filter(unrecorded_parts::part_id.eq(id));
    }
    if let Some(node) = &filter.node {
        page = page.filter(nodes::name.eq(node.as_str().to_owned()));
    }
    let rows: Vec<(UnrecordedRow, String)> = page.load(connection)?;
    let parts = rows.into_iter().filter_map(|(row, node)| {
        let id = row.part_id;
        let part = row.into_domain(node);
        let told = part.map_err(|why| tracing::error!(part.id = id, why, "a row is damaged"));
        told.ok()
    });
    Ok(parts.collect())
}

/// How many there are.
pub(crate) fn count_unrecorded(connection: &mut SqliteConnection) -> QueryResult<UnrecordedCounts> {
    use unrecorded_parts::{fate, table};
    let counted = table.group_by(fate).select((fate, count_star()));
    let counted: Vec<(i64, i64)> = counted.load(connection)?;
    let mut counts = UnrecordedCounts::default();
    for (number, count) in counted {
        if let Some(known) = codes::fate(number) {
            *counts.of(known) = u64::try_from(count).unwrap_or(0);
        }
    }
    Ok(counts)
}

/// The nodes that have not been asked.
pub(crate) fn unasked(connection: &mut SqliteConnection) -> QueryResult<Vec<Unasked>> {
    use unasked_nodes::{after, is_restored, table};
    let rows = table
        .inner_join(nodes::table)
        .select((nodes::name, after, is_restored));
    let rows: Vec<(String, i64, i64)> = rows.load(connection)?;
    let unasked = rows.into_iter().map(|(node, number, restored)| Unasked {
        node: NodeName::new(node),
        after: PartId(u64::try_from(number).unwrap_or(0)),
        is_restored: restored != 0,
    });
    Ok(unasked.collect())
}

impl UnrecordedRow {
    fn into_domain(self, node: String) -> Result<UnrecordedPart, String> {
        let fate = codes::fate(self.fate);
        let amount = self.amount_sent_msat.map(|it| msat(it, "amount_sent_msat"));
        let (who, why) = (text(self.who, "who")?, text(self.why, "why")?);
        Ok(UnrecordedPart {
            node: NodeName::new(node),
            part: PartId(unsigned(self.part_id, "part_id")?),
            payment_hash: payment_hash(&self.payment_hash)?,
            amount_sent: amount.transpose()?,
            fate: fate.ok_or_else(|| format!("fate {} is not known", self.fate))?,
            noticed_at: time(self.noticed_at, "noticed_at")?,
            resolution: who.zip(why).map(|(who, why)| Resolution { who, why }),
        })
    }
}

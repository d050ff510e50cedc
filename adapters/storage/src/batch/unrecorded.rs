//! What is written of parts that nodes know and that are not stored, and of nodes that have to be asked. Rare, so
//! its statements are diesel's own.

use super::Batch;
use crate::changes::{Unstorable, amount, fit, time};
use crate::codes;
use crate::error::{Fault, Rule};
use crate::schema::{counters, nodes, unasked_nodes, unrecorded_parts};
use diesel::prelude::*;
use domain::{NodeName, Noted, Settlement, UnrecordedPart};

/// Such a part, as a row.
pub(crate) struct UnrecordedWrite {
    node: NodeName,
    fate: domain::UnrecordedFate,
    row: NewUnrecorded,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = unrecorded_parts, treat_none_as_null = true)]
struct NewUnrecorded {
    part_id: i64,
    payment_hash: Vec<u8>,
    node_id: i64,
    fate: i64,
    amount_sent_msat: Option<i64>,
    noticed_at: i64,
    who: Option<String>,
    why: Option<String>,
}

/// What asking the nodes has come to, as rows.
pub(crate) struct SettlementWrite {
    passed: i64,
    asked: Vec<NodeName>,
    unasked: Vec<(NodeName, i64, i64)>,
}

impl UnrecordedWrite {
    /// The row, unless it would not hold it.
    pub(crate) fn of(part: UnrecordedPart) -> Result<UnrecordedWrite, Unstorable> {
        let amount_sent = part
            .amount_sent
            .map(|msat| amount(msat, "amount_sent_msat"));
        let (who, why) = part.resolution.map(|by| (by.who, by.why)).unzip();
        Ok(UnrecordedWrite {
            node: part.node,
            fate: part.fate,
            row: NewUnrecorded {
                part_id: fit(part.part.0, "part id")?,
                payment_hash: part.payment_hash.0.to_vec(),
                node_id: 0,
                fate: codes::of_fate(part.fate),
                amount_sent_msat: amount_sent.transpose()?,
                noticed_at: time(part.noticed_at)?,
                who,
                why,
            },
        })
    }
}

impl SettlementWrite {
    /// The rows, unless they would not hold it.
    pub(crate) fn of(settlement: Settlement) -> Result<SettlementWrite, Unstorable> {
        let unasked = settlement.unasked.into_iter();
        let unasked = unasked.map(|it| {
            let after = fit(it.after.0, "part id")?;
            Ok((it.node, after, i64::from(it.is_restored)))
        });
        Ok(SettlementWrite {
            passed: fit(settlement.passed.0, "part id")?,
            asked: settlement.asked,
            unasked: unasked.collect::<Result<_, _>>()?,
        })
    }
}

impl Batch<'_> {
    /// Keeps such a part: what was believed of it before, and what is now.
    pub(crate) fn note(&mut self, write: &mut UnrecordedWrite) -> Result<Noted, Fault> {
        use unrecorded_parts::{amount_sent_msat, fate, node_id, part_id, payment_hash, table};
        let row = &mut write.row;
        row.node_id = self.node(&write.node)?;
        let key = (row.part_id, &row.payment_hash[..], row.node_id);
        let known = table.find(key).select((fate, amount_sent_msat));
        let known: Option<(i64, Option<i64>)> = known.get_result(self.connection).optional()?;
        let before = known.map(|(number, _)| {
            let unknown = || Fault::Rule(Rule::new(format!("A-7: fate {number} is not known")));
            codes::fate(number).ok_or_else(unknown)
        });
        let before = before.transpose()?;
        let now = before.map_or(write.fate, |before| before.then(write.fate));
        let noted = Noted { before, now };
        if !noted.is_news() {
            return Ok(noted);
        }
        row.fate = codes::of_fate(now);
        row.amount_sent_msat = row
            .amount_sent_msat
            .or(known.and_then(|(_, amount)| amount));
        let insert = diesel::insert_into(table).values(&*row);
        let upsert = insert
            .on_conflict((part_id, payment_hash, node_id))
            .do_update()
            .set((
                fate.eq(row.fate),
                amount_sent_msat.eq(row.amount_sent_msat),
                unrecorded_parts::noticed_at.eq(row.noticed_at),
                unrecorded_parts::who.eq(&row.who),
                unrecorded_parts::why.eq(&row.why),
            ));
        upsert.execute(self.connection)?;
        self.fence()?;
        Ok(noted)
    }

    /// Passes over numbers, and keeps which nodes have been asked.
    pub(crate) fn settle(&mut self, write: &SettlementWrite) -> Result<(), Fault> {
        use unasked_nodes::{after, is_restored, node_id, table};
        if write.passed > self.now.part {
            let passed = counters::last_part.eq(write.passed);
            diesel::update(counters::table)
                .set(passed)
                .execute(self.connection)?;
            self.now.part = write.passed;
        }
        for node in &write.asked {
            let named = nodes::table.filter(nodes::name.eq(node.as_str()));
            let asked = table.filter(node_id.eq_any(named.select(nodes::id)));
            diesel::delete(asked).execute(self.connection)?;
        }
        for (node, known, restored) in &write.unasked {
            let row = (
                node_id.eq(self.node(node)?),
                after.eq(known),
                is_restored.eq(restored),
            );
            let insert = diesel::replace_into(table).values(row);
            insert.execute(self.connection)?;
        }
        self.fence()
    }
}

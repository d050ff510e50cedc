//! How parts and payments look in replies: the same whether sent, waited for, listed or failed.

mod event;
mod history;
mod incoming;
mod order;
mod part;
mod pay;
mod payment;
mod shared;
mod unrecorded;

pub(crate) use history::HistoryEntry;
pub(crate) use order::{FailedPay, NoWayView};
pub(crate) use part::{FailedView, PartView};
pub(crate) use pay::XPayView;
pub(crate) use payment::{PaymentView, PendingPayment};
pub(crate) use unrecorded::{UnrecordedListView, UnrecordedView};

use domain::{Damaged, Listed};
use serde::{Serialize, Serializer};
use std::fmt;

/// What replies show as a view of it, which borrows from it.
pub(crate) trait Viewed: 'static {
    /// The view.
    type View<'a>: Serialize;

    /// How it looks.
    fn view(&self) -> Self::View<'_>;
}

impl<T: Viewed> Viewed for Box<T> {
    type View<'a> = T::View<'a>;

    fn view(&self) -> Self::View<'_> {
        (**self).view()
    }
}

/// An answer, or a piece of one, that is written as its view.
pub(crate) struct AsView<T>(pub(crate) T);

impl<T: Viewed> Serialize for AsView<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.view().serialize(to)
    }
}

#[cfg(feature = "docs")]
crate::docs::documented_as!([T: Viewed] AsView<T>, T::View<'static>);

/// As text, written where it goes: a reply holds dozens.
#[derive(Clone, Copy)]
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

#[cfg(feature = "docs")]
crate::docs::documented_as!([T] Shown<T>, String);

/// A row of a list, or all that can be said of one that breaks a rule.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema), schemars(inline))]
#[serde(untagged)]
pub(crate) enum ListedView<'a, V> {
    Sound(V),
    Damaged(DamagedView<'a>),
}

/// A row that breaks a rule.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
pub(crate) struct DamagedView<'a> {
    /// Its number.
    id: u64,
    #[serde(flatten)]
    damage: DamageView<'a>,
}

/// What is known of a row that breaks a rule, its number apart.
#[derive(Serialize)]
#[cfg_attr(feature = "docs", derive(schemars::JsonSchema))]
struct DamageView<'a> {
    /// Its payment's hash, where that can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_hash: Option<String>,
    /// Which rule it breaks.
    warning_quarantined: &'a str,
}

impl<T: Viewed> Viewed for Listed<T> {
    type View<'a> = ListedView<'a, T::View<'a>>;

    fn view(&self) -> Self::View<'_> {
        match self {
            Listed::Sound(row) => ListedView::Sound(row.view()),
            Listed::Damaged(row) => ListedView::Damaged(DamagedView {
                id: row.id,
                damage: row.into(),
            }),
        }
    }
}

impl<'a> From<&'a Damaged> for DamageView<'a> {
    fn from(row: &'a Damaged) -> DamageView<'a> {
        DamageView {
            payment_hash: row.payment_hash.map(|hash| hash.to_string()),
            warning_quarantined: &row.reason,
        }
    }
}

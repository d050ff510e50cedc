//! The domain's node contract, by both ways of offering.
#![allow(clippy::unwrap_used, reason = "this is for tests only")]

mod fake;
mod faked;
mod support;

mod by_sendonion {
    use crate::faked::Fake;
    use crate::support::Node;
    use cln::OfferBy;
    domain::node_contract!(Node::new(Fake::new(), OfferBy::SendOnion));
}

mod by_sendpay {
    use crate::faked::Fake;
    use crate::support::Node;
    use cln::OfferBy;
    domain::node_contract!(Node::new(Fake::new(), OfferBy::SendPay));
}

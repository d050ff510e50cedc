//! What callers ask, as the domain's commands.

use super::core::Core;
use super::digest;
use crate::engine::node::Node;
use crate::{
    ApiError, Extras, Method, Msat, PaymentHash, Route, SendPart, SendPartialPay, SendPay,
};

impl Core {
    pub(super) fn partial_pay(&self, request: SendPartialPay) -> Result<SendPart, ApiError> {
        let key = digest::of(&request);
        let SendPartialPay {
            route,
            payment_hash,
            intended,
            extras,
            request_id: _,
        } = request;
        let part = self.send_part(payment_hash, intended, route, extras)?;
        Ok(SendPart {
            request: key,
            ..part
        })
    }

    pub(super) fn whole_pay(&self, request: SendPay) -> Result<SendPart, ApiError> {
        let delivered = request.route.amount();
        let SendPay {
            route,
            payment_hash,
            msatoshi,
            extras,
        } = request;
        let part = self.send_part(payment_hash, delivered, route, extras)?;
        Ok(SendPart {
            method: Method::SendPay,
            requested: msatoshi.unwrap_or(delivered),
            ..part
        })
    }

    fn send_part(
        &self,
        payment_hash: PaymentHash,
        intended: Msat,
        route: Route,
        extras: Extras,
    ) -> Result<SendPart, ApiError> {
        let node = self.sending_node(&extras)?;
        Ok(SendPart {
            method: Method::SendPartialPay,
            payment_hash,
            intended,
            requested: intended,
            node: node.name.clone(),
            network: extras.invoice.as_ref().and_then(|_| node.sender.network()),
            cltv_expiry: node.cltv_expiry(&route),
            route,
            secret: extras.secret,
            metadata: extras.metadata,
            invoice: extras.invoice,
            description: extras.description,
            label: extras.label,
            request: None,
            at: self.timing.now(),
        })
    }

    fn sending_node(&self, extras: &Extras) -> Result<&Node, ApiError> {
        match &extras.node {
            None => Ok(self.nodes.first()),
            Some(name) => {
                let found = self.nodes.named(name);
                found.ok_or_else(|| ApiError::NoSuchNode(name.clone()))
            }
        }
    }
}

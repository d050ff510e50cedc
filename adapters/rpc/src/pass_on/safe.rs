//! What `pass_on = "safe"` lets through.

/// lightningd's methods of which it is known that they neither move the node's money nor use or change its
/// keys: they read, or serve to be paid. A method that is not here is shut, a plugin's too, because nobody
/// knows what it does. By name, in order.
///
/// Left out on purpose, beside all that pays, funds, closes, signs and splices: `listdatastore` and
/// `showrunes` (they show secrets of others), `createrune` and `commando` (what they allow pays),
/// `datastore` and `deldatastore` (our own marks are there), `delpay` and `autoclean-once` (they delete rows
/// from which outcomes of our parts are read), `invoicerequest` (it promises money), `setchannel` and
/// `setconfig` (fees, and everything else), `disconnect` (it fails parts), `bkpr-dumpincomecsv` (it writes a
/// file).
pub(super) const SAFE: &[&str] = &[
    "askrene-listlayers",
    "askrene-listreservations",
    "autoclean-status",
    "batching",
    "bkpr-channelsapy",
    "bkpr-inspect",
    "bkpr-listaccountevents",
    "bkpr-listbalances",
    "bkpr-listincome",
    "bkpr-report",
    "checkmessage",
    "checkrune",
    "connect",
    "currencyconvert",
    "currencyrate",
    "datastoreusage",
    "decode",
    "decodepay",
    "delinvoice",
    "deprecations",
    "disableinvoicerequest",
    "disableoffer",
    "enableoffer",
    "feerates",
    "fetchbip353",
    "fetchinvoice",
    "getlog",
    "getroute",
    "getroutes",
    "invoice",
    "listaddresses",
    "listchainmoves",
    "listchannelmoves",
    "listchannels",
    "listclosedchannels",
    "listconfigs",
    "listcurrencyrates",
    "listforwards",
    "listfunds",
    "listhtlcs",
    "listinvoicerequests",
    "listinvoices",
    "listnetworkevents",
    "listnodes",
    "listoffers",
    "listpeerchannels",
    "listpeers",
    "listsendpays",
    "listsqlschemas",
    "listtransactions",
    "newaddr",
    "offer",
    "parsefeerate",
    "paystatus",
    "ping",
    "renepaystatus",
    "sql",
    "sql-template",
    "wait",
    "waitanyinvoice",
    "waitblockheight",
    "waitinvoice",
];

#[cfg(test)]
mod tests {
    use super::SAFE;

    #[test]
    fn every_name_is_found() {
        assert!(SAFE.is_sorted(), "they are looked up by halves");
    }

    #[test]
    fn nothing_that_moves_money_or_keys_is_safe() {
        for method in [
            "withdraw",
            "multiwithdraw",
            "fundchannel",
            "fundchannel_complete",
            "multifundchannel",
            "close",
            "txprepare",
            "txsend",
            "sendpsbt",
            "signpsbt",
            "signmessage",
            "sendonion",
            "injectpaymentonion",
            "sendinvoice",
            "invoicerequest",
            "keysend",
            "xkeysend",
            "renepay",
            "sendamount",
            "splicein",
            "spliceout",
            "dev-splice",
            "setchannel",
            "setconfig",
            "plugin",
            "createrune",
            "showrunes",
            "commando",
            "makesecret",
            "exposesecret",
            "recover",
            "emergencyrecover",
            "upgradewallet",
            "reckless",
            "datastore",
            "deldatastore",
            "delpay",
            "holdinvoice",
        ] {
            assert!(SAFE.binary_search(&method).is_err(), "{method}");
        }
    }
}

//! Which layer wins, and what is said about a key that nobody knows.

use super::*;
use std::ffi::OsString;

fn load(file: &str, variables: &[(&str, &str)], flags: &Flags) -> anyhow::Result<Config> {
    load_with(file, variables, flags, DaemonFlags::default())
}

fn load_with(
    file: &str,
    variables: &[(&str, &str)],
    flags: &Flags,
    daemon: DaemonFlags,
) -> anyhow::Result<Config> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(FILE_NAME), file).unwrap();
    let flags = Flags {
        data_dir: Some(dir.path().to_owned()),
        ..flags.clone()
    };
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Config::load(flags, daemon, variables)
}

fn complaint(file: &str, variables: &[(&str, &str)]) -> String {
    load(file, variables, &Flags::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn flags_beat_environment_beats_file_beats_defaults() {
    let none = Flags::default();
    let file = "rpc_file = '/from/file'";
    let variable = [("AMPERE_RPC_FILE", "/from/environment")];
    let flag = Flags {
        rpc_file: Some("/from/flag".into()),
        ..Flags::default()
    };
    let rpc_file = |config: anyhow::Result<Config>| config.unwrap().rpc_file;
    assert!(rpc_file(load("", &[], &none)).ends_with("ampere-rpc"));
    assert_eq!(
        rpc_file(load(file, &[], &none)),
        PathBuf::from("/from/file")
    );
    assert_eq!(
        rpc_file(load(file, &variable, &none)),
        PathBuf::from("/from/environment")
    );
    assert_eq!(
        rpc_file(load(file, &variable, &flag)),
        PathBuf::from("/from/flag")
    );
}

#[test]
fn the_environment_wins_key_by_key_within_a_table() {
    let file = "[policy]\nwaiters_max = 5\nlive_parts_max = 6";
    let config = load(
        file,
        &[("AMPERE_POLICY_WAITERS_MAX", "7")],
        &Flags::default(),
    )
    .unwrap();
    let policy = domain::Policy::from(config.policy);
    assert_eq!((policy.waiters_max, policy.live_parts_max), (7, 6));
}

#[test]
fn nothing_is_deleted_by_itself_unless_the_configuration_says_so() {
    let autoclean = |file| {
        let config = load(file, &[], &Flags::default()).unwrap();
        domain::Policy::from(config.policy).autoclean
    };
    assert_eq!(autoclean(""), domain::AutocleanTimer::default());
    let set = autoclean("[policy]\nautoclean_failed_age_secs = 60");
    let minute = std::time::Duration::from_secs(60);
    assert_eq!((set.failed_age, set.complete_age), (Some(minute), None));
    let set = autoclean("[policy]\nautoclean_complete_age_secs = 60");
    assert_eq!((set.failed_age, set.complete_age), (None, Some(minute)));
}

#[test]
fn paths_in_the_file_are_relative_to_it() {
    let config = load("database = 'money.sqlite3'", &[], &Flags::default()).unwrap();
    assert_eq!(config.database, config.data_dir.join("money.sqlite3"));
}

#[test]
fn an_unknown_key_is_named_with_its_nearest_neighbour() {
    let said = complaint("databse = 'x'", &[]);
    assert!(
        said.contains("unknown key `databse`") && said.contains("`database`"),
        "{said}"
    );
    let said = complaint("[policy]\nwaiter_max = 1", &[]);
    assert!(
        said.contains("`waiter_max`") && said.contains("`waiters_max`"),
        "{said}"
    );
    let said = complaint("data_dir = 'x'", &[]);
    assert!(said.contains("unknown key `data_dir`"), "{said}");
}

#[test]
fn an_unknown_variable_is_named_with_its_nearest_neighbour() {
    let said = complaint("", &[("AMPERE_RPCFILE", "x")]);
    assert!(
        said.contains("AMPERE_RPCFILE") && said.contains("AMPERE_RPC_FILE"),
        "{said}"
    );
    let said = complaint("", &[("AMPERE_POLICY_WAITER_MAX", "1")]);
    assert!(said.contains("AMPERE_POLICY_WAITERS_MAX"), "{said}");
    let said = complaint("", &[("AMPERE_DATADIR", "x")]);
    assert!(said.contains("AMPERE_DATA_DIR"), "{said}");
}

#[test]
fn a_wrong_value_is_refused_with_its_place() {
    let said = complaint("[policy]\nwaiters_max = 0", &[]);
    assert!(said.contains("waiters_max"), "{said}");
    let said = complaint("", &[("AMPERE_NODE", "lnd")]);
    assert!(
        said.contains("AMPERE_NODE") && said.contains("embedded"),
        "{said}"
    );
}

#[test]
fn nodes_are_one_word_or_tables_each_with_a_name() {
    let nodes = |file: &str| load(file, &[], &Flags::default()).map(|config| config.nodes);
    let named = |nodes: &[NodeConfig]| nodes.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
    assert_eq!(named(&nodes("node = 'embedded'").unwrap()), ["embedded"]);
    let one = nodes("node = 'cln:/run/lightning-rpc'").unwrap();
    assert_eq!(one[0].address, Address::Cln("/run/lightning-rpc".into()));
    assert_eq!(named(&one), ["cln"]);
    let two = nodes(
        "[[node]]\nname = 'east'\naddress = 'cln:/e'\noffer_by = 'sendpay'\n\
         [[node]]\nname = 'west'\naddress = 'cln:w/rpc'",
    )
    .unwrap();
    assert_eq!(named(&two), ["east", "west"]);
    assert_eq!(two[0].offer_by, cln::OfferBy::SendPay);
    let Address::Cln(west) = &two[1].address else {
        panic!("{two:?}");
    };
    assert!(west.is_absolute() && west.ends_with("w/rpc"), "{west:?}");
}

#[test]
fn a_daemon_without_a_node_is_refused_and_starts_none_by_itself() {
    let config = load("", &[], &Flags::default()).unwrap();
    assert_eq!(config.nodes, [], "whoever only asks a daemon needs none");
    let said = config.with_nodes().unwrap_err().to_string();
    for word in [
        "no Lightning node",
        "--node cln:",
        "--node embedded",
        FILE_NAME,
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let named = load("", &[("AMPERE_NODE", "embedded")], &Flags::default()).unwrap();
    assert_eq!(
        named.with_nodes().unwrap().nodes[0].address,
        Address::Embedded
    );
}

#[test]
fn the_log_filter_of_the_flag_beats_the_others() {
    let variable = [("AMPERE_LOG", "warn")];
    let log = |flag: Option<&str>| {
        let flags = DaemonFlags {
            log: flag.map(str::to_owned),
            ..DaemonFlags::default()
        };
        load_with("log = 'error'", &variable, &Flags::default(), flags)
            .unwrap()
            .log
    };
    assert_eq!(
        (log(None), log(Some("debug"))),
        ("warn".into(), "debug".into())
    );
}

#[test]
fn nodes_that_make_no_sense_are_refused_with_why() {
    let table =
        |name: &str, address: &str| format!("[[node]]\nname = '{name}'\naddress = '{address}'\n");
    for (file, says) in [
        ("node = 'lnd:/x'".to_owned(), "cln:/path/to/lightning-rpc"),
        ("node = 'cln:'".to_owned(), "is no node"),
        ("node = []".to_owned(), "at least one"),
        (
            table("a", "cln:/x") + &table("a", "cln:/y"),
            "two nodes are called a",
        ),
        (
            table("a", "cln:/x") + &table("b", "cln:/x"),
            "two nodes are at cln:/x",
        ),
        (table("a", "embedded:grace"), "name `embedded`, too"),
        (table("a", "embedded:dave"), "`embedded:grace`"),
        (table("", "cln:/x"), "empty name"),
        ("[[node]]\nname = 'a'".to_owned(), "address"),
        ("[[node]]\nnam = 'a'".to_owned(), "unknown key `nam`"),
    ] {
        let said = complaint(&file, &[]);
        assert!(said.contains(says), "{file}: {said}");
    }
}

#[test]
fn the_flag_takes_a_name_before_the_node() {
    let node = |text: &str| text.parse::<NodeConfig>();
    let east = node("east=cln:/a=b/rpc").unwrap();
    assert_eq!(
        (east.name.as_str(), east.address),
        ("east", Address::Cln("/a=b/rpc".into()))
    );
    assert_eq!(node("cln:/a=b/rpc").unwrap().name, "cln");
    assert_eq!(node("embedded").unwrap().address, Address::Embedded);
    let grace = node("embedded:grace").unwrap();
    assert_eq!(
        (grace.name.as_str(), grace.address),
        ("grace", Address::EmbeddedGrace)
    );
    assert!(node("east=").is_err());
}

#[test]
fn a_build_without_the_embedded_network_says_how_to_have_it() {
    let without = Address::read("embedded", false).unwrap_err();
    assert_eq!(without, NotNode::NotBuiltIn);
    assert!(
        without.to_string().contains("--features dev-network"),
        "{without}"
    );
    let cln = Address::Cln("/rpc".into());
    assert_eq!(Address::read("cln:/rpc", false), Ok(cln));
    assert_eq!(Address::read("embedded", true), Ok(Address::Embedded));
    let grace = Address::read("embedded:grace", false);
    assert_eq!(grace, Err(NotNode::NotBuiltIn));
}

/// However the same place is written.
#[test]
fn a_node_at_amperes_own_socket_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let own = folder.path().join("rpc").display().to_string();
    let load_at = |node: &str| {
        let variables = [("AMPERE_RPC_FILE", own.as_str()), ("AMPERE_NODE", node)];
        load("", &variables, &Flags::default())
            .unwrap()
            .with_nodes()
    };
    for same in [own.clone(), link.join("rpc").display().to_string()] {
        let said = load_at(&format!("cln:{same}")).unwrap_err().to_string();
        assert!(
            said.contains("own socket") && said.contains("--rpc-file"),
            "{said}"
        );
    }
    let other = folder.path().join("lightning-rpc");
    load_at(&format!("cln:{}", other.display())).unwrap();
}

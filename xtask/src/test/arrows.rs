//! Which crate may depend on which, read from `cargo metadata`. The rules are [`violations`].

use crate::workspace::{cargo, root};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What the hexagon may use of other people's. Of tokio only `sync`: no sockets, files, clock, runtime.
const DOMAIN_MAY_USE: [&str; 9] = [
    "async-trait",
    "futures",
    "const-hex",
    "mockall",
    "sha2",
    "thiserror",
    "tokio",
    "tracing",
    "zeroize",
];

/// What is there to try things with, and no part of the daemon that is put beside a node: it can be left out.
const LEFT_OUT: &str = "ldk";

/// What two adapters have to do with each other and the domain has nothing to do with: the words of the
/// embedded network. Adapters may use it; it knows the domain only.
const BESIDE: &str = "devnet";

/// Crates that depend on all of ours, and on which nothing depends.
const ON_TOP: [&str; 2] = ["ampere", "xtask"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A package of the workspace, as its manifest has it.
#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// None for a normal one; `dev` or `build`.
    kind: Option<String>,
    optional: bool,
    uses_default_features: bool,
    features: Vec<String>,
}

/// Fails with every arrow that must not be there.
pub(super) fn check() -> Result<()> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version=1", "--no-deps"]);
    let output = metadata.output().context("start cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
    let violations = violations(root(), &metadata.packages);
    for violation in &violations {
        eprintln!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} arrows too many", violations.len());
    }
    eprintln!(
        "{} crates, and every arrow points inwards",
        metadata.packages.len()
    );
    Ok(())
}

/// Every adapter → domain, [`BESIDE`]; [`BESIDE`] → domain; `ampere` and `xtask` → all; nothing → those; no
/// adapter → another; domain → nothing of ours, and little of others'. For tests too. And [`LEFT_OUT`] can be
/// left out.
fn violations(root: &Path, packages: &[Package]) -> Vec<String> {
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut found = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        let is_adapter = package.manifest_path.starts_with(root.join("adapters"));
        for dependency in &package.dependencies {
            let to = dependency.name.as_str();
            if is_ours(to) {
                // Its own features, turned on for its own tests.
                let is_itself = to == name && dependency.kind.as_deref() == Some("dev");
                if is_itself {
                    continue;
                }
                let is_built_in = dependency.kind.is_none() && !dependency.optional;
                if to == LEFT_OUT && is_built_in {
                    found.push(format!("{name} -> {to}: only behind a feature"));
                } else if ON_TOP.contains(&to) {
                    found.push(format!("{name} -> {to}: nothing depends on {to}"));
                } else if name == "domain" {
                    found.push(format!(
                        "domain -> {to}: the domain depends on nothing of ours"
                    ));
                } else if (is_adapter && to != "domain" && to != BESIDE)
                    || (name == BESIDE && to != "domain")
                {
                    found.push(format!("{name} -> {to}: it knows the domain only"));
                } else if !is_adapter && name != BESIDE && !ON_TOP.contains(&name) {
                    found.push(format!(
                        "{name} -> {to}: a crate that no rule is about; add one"
                    ));
                }
            } else if name == "domain" && dependency.kind.is_none() {
                found.extend(domain_uses(dependency));
            }
        }
    }
    found
}

fn domain_uses(dependency: &Dependency) -> Option<String> {
    let to = &dependency.name;
    if !DOMAIN_MAY_USE.contains(&to.as_str()) {
        return Some(format!(
            "domain -> {to}: not among {}",
            DOMAIN_MAY_USE.join(", ")
        ));
    }
    let only_sync = dependency.features == ["sync"];
    // Tokio's default is nothing, today.
    if to == "tokio" && !(only_sync && dependency.uses_default_features) {
        return Some(format!(
            "domain -> tokio with {:?}: only sync",
            dependency.features
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, folder: &str, to: &[(&str, &[&str])]) -> Package {
        let dependency = |(name, features): &(&str, &[&str])| Dependency {
            name: (*name).into(),
            kind: None,
            optional: false,
            uses_default_features: true,
            features: features.iter().map(|f| (*f).into()).collect(),
        };
        Package {
            name: name.into(),
            manifest_path: Path::new("/ws").join(folder).join("Cargo.toml"),
            dependencies: to.iter().map(dependency).collect(),
        }
    }

    fn check(with: Package) -> Vec<String> {
        let name = with.name.clone();
        let mut packages = vec![
            package("domain", "domain", &[("tokio", &["sync"]), ("sha2", &[])]),
            package(
                "storage",
                "adapters/storage",
                &[("domain", &[]), ("diesel", &[])],
            ),
            package("rpc", "adapters/rpc", &[("domain", &[])]),
            package(
                "ampere",
                "app",
                &[("domain", &[]), ("rpc", &[]), ("storage", &[])],
            ),
            package("xtask", "xtask", &[("storage", &[]), ("rpc", &[])]),
            package("ldk", "adapters/ldk", &[("domain", &[])]),
            package("devnet", "devnet", &[("domain", &[])]),
        ];
        packages.retain(|package| package.name != name);
        packages.push(with);
        violations(Path::new("/ws"), &packages)
    }

    #[test]
    fn arrows_that_point_inwards_are_fine() {
        let ldk = package("ldk", "adapters/ldk", &[("domain", &[]), ("devnet", &[])]);
        assert_eq!(check(ldk), [""; 0]);
    }

    #[test]
    fn every_arrow_too_many_is_named() {
        for (with, says) in [
            (
                package("rpc", "adapters/rpc", &[("storage", &[])]),
                "rpc -> storage",
            ),
            (
                package("rpc", "adapters/rpc", &[("ampere", &[])]),
                "rpc -> ampere",
            ),
            (
                package("devnet", "devnet", &[("domain", &[]), ("rpc", &[])]),
                "devnet -> rpc",
            ),
            (
                package("domain", "domain", &[("devnet", &[])]),
                "domain -> devnet",
            ),
            (
                package("ampere", "app", &[("xtask", &[])]),
                "ampere -> xtask",
            ),
            (
                package("domain", "domain", &[("rpc", &[])]),
                "domain -> rpc",
            ),
            (
                package("domain", "domain", &[("diesel", &[])]),
                "domain -> diesel",
            ),
            (
                package("domain", "domain", &[("tokio", &["sync", "net"])]),
                "domain -> tokio",
            ),
            (
                package("ampere", "app", &[("domain", &[]), ("ldk", &[])]),
                "ampere -> ldk",
            ),
            (
                package("stray", "stray", &[("domain", &[])]),
                "stray -> domain",
            ),
        ] {
            let found = check(with);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(says), "{found:?}");
        }
    }
}

//! The names of Beancount's accounts.

use std::fmt;
use std::str::FromStr;

/// An account, such as `Assets:Lightning`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Account(String);

/// The kinds of accounts.
const KINDS: [&str; 5] = ["Assets", "Liabilities", "Equity", "Income", "Expenses"];

/// Why a text names no account.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum NotAccount {
    /// One component, or none.
    #[error("an account has at least two names with a colon between them: Assets:Lightning")]
    TooShort,
    /// None of the five kinds.
    #[error("an account begins with Assets, Liabilities, Equity, Income or Expenses")]
    BadKind,
    /// A component that Beancount does not take.
    #[error("`{0}`: a name begins with a capital letter or a digit; then letters, digits, dashes")]
    BadName(String),
}

impl Account {
    /// The account below this one that is the named node's.
    pub(super) fn of_node(&self, node: &str) -> Account {
        Account(format!("{}:{}", self.0, name_of(node)))
    }
}

/// A node's name as Beancount takes it: `my_node` is `My-node`. Two nodes may come out as one.
fn name_of(node: &str) -> String {
    let mut name = String::new();
    for c in node.chars() {
        match c {
            'a'..='z' if name.is_empty() => name.push(c.to_ascii_uppercase()),
            _ if c.is_ascii_alphanumeric() => name.push(c),
            _ if c.is_ascii() => name.push('-'),
            // Which of them are letters is a table of Unicode's, and Beancount has its own.
            _ => name.extend(format!("{:X}", u32::from(c)).chars()),
        }
    }
    if name.is_empty() || name.starts_with('-') {
        name.insert(0, 'N');
    }
    name
}

impl FromStr for Account {
    type Err = NotAccount;

    fn from_str(text: &str) -> Result<Account, NotAccount> {
        let (kind, names) = text.split_once(':').ok_or(NotAccount::TooShort)?;
        if !KINDS.contains(&kind) {
            return Err(NotAccount::BadKind);
        }
        for name in names.split(':') {
            let begins = |c: char| c.is_uppercase() || c.is_ascii_digit();
            let goes_on = |c: char| c.is_alphabetic() || c.is_ascii_digit() || c == '-';
            if !name.starts_with(begins) || !name.chars().all(goes_on) {
                return Err(NotAccount::BadName(name.to_owned()));
            }
        }
        Ok(Account(text.to_owned()))
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Account;

    fn account(text: &str) -> Account {
        text.parse().unwrap()
    }

    #[test]
    fn accounts_are_what_beancount_takes() {
        for text in [
            "Assets:Lightning",
            "Expenses:2026:Lightning-Fees",
            "Expenses:Gebühren",
            "Assets:Österreich",
        ] {
            assert_eq!(account(text).to_string(), text);
        }
        for text in [
            "",
            "Assets",
            "Assets:",
            ":Lightning",
            "assets:Lightning",
            "2026:Lightning",
            "Expense:Lightning",
            "Assets:lightning",
            "Assets:-Lightning",
            "Assets:Light ning",
            "Assets:Lightning\n2026-01-01 close Assets:Lightning",
            "Assets::Lightning",
        ] {
            assert!(text.parse::<Account>().is_err(), "{text}");
        }
    }

    #[test]
    fn whatever_a_node_is_called_its_account_is_one() {
        let assets = account("Assets:Lightning");
        for (node, expect) in [
            ("embedded", "Embedded"),
            ("my_node 2", "My-node-2"),
            ("2nd", "2nd"),
            ("/x", "N-x"),
            ("é", "E9"),
            ("_日", "N-65E5"),
            ("", "N"),
            ("a:b\"\n", "A-b--"),
        ] {
            let found = assets.of_node(node);
            assert_eq!(found.to_string(), format!("Assets:Lightning:{expect}"));
            assert_eq!(found, account(&found.to_string()), "{node}");
        }
    }
}

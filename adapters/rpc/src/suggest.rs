//! "Did you mean": the nearest of the known words.

/// The known word nearest to `word`, if any is near at all.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let near = scored.filter(|(score, _)| *score > 0.75);
    near.max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        let known = ["rpc_file", "database", "node", "log", "log_format"];
        assert_eq!(nearest("databse", known), Some("database"));
        assert_eq!(nearest("rpcfile", known), Some("rpc_file"));
        assert_eq!(nearest("zzz", known), None);
    }
}

//! The tables of `migrations/sqlite`. Every integer is 64 bits wide, as it is in SQLite.

diesel::table! {
    nodes (id) {
        id -> BigInt,
        name -> Text,
        identity -> Nullable<Text>,
    }
}

diesel::table! {
    payments (id) {
        id -> BigInt,
        payment_hash -> Binary,
        direction -> BigInt,
        status -> BigInt,
        intended_msat -> BigInt,
        requested_msat -> BigInt,
        destination -> Binary,
        payment_secret -> Nullable<Binary>,
        payment_metadata -> Nullable<Binary>,
        payment_preimage -> Nullable<Binary>,
        parts -> BigInt,
        live_parts -> BigInt,
        in_flight_msat -> BigInt,
        delivered_msat -> BigInt,
        sent_msat -> BigInt,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        version -> BigInt,
        quarantine -> Nullable<Text>,
        description -> Nullable<Text>,
        label -> Nullable<Text>,
        bolt11 -> Nullable<Text>,
        invoice_description -> Nullable<Text>,
        invoice_network -> Nullable<Text>,
        invoice_expires_at -> Nullable<BigInt>,
        min_final_cltv_expiry -> Nullable<BigInt>,
        basic_mpp -> Nullable<BigInt>,
        description_hash -> Nullable<Binary>,
        order_deadline -> Nullable<BigInt>,
        deliver_msat -> Nullable<BigInt>,
        max_fee_msat -> Nullable<BigInt>,
    }
}

diesel::table! {
    parts (id) {
        id -> BigInt,
        payment_id -> BigInt,
        node_id -> BigInt,
        status -> BigInt,
        amount_msat -> BigInt,
        amount_sent_msat -> BigInt,
        cltv_expiry -> Nullable<BigInt>,
        created_at -> BigInt,
        completed_at -> Nullable<BigInt>,
        route -> Binary,
        description -> Nullable<Text>,
        label -> Nullable<Text>,
        failure_code -> Nullable<BigInt>,
        failure_message -> Nullable<Text>,
        erring_index -> Nullable<BigInt>,
        failcode -> Nullable<BigInt>,
        erring_node -> Nullable<Binary>,
        erring_channel -> Nullable<BigInt>,
        onionreply -> Nullable<Binary>,
        raw_message -> Nullable<Binary>,
        elsewhere -> Nullable<BigInt>,
        accepted_event -> Nullable<BigInt>,
        ended_event -> Nullable<BigInt>,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        payment_id -> BigInt,
        part_id -> Nullable<BigInt>,
        kind -> BigInt,
        payment_status -> BigInt,
        part_status -> Nullable<BigInt>,
        at -> BigInt,
    }
}

diesel::table! {
    requests (request_id) {
        request_id -> Text,
        digest -> Binary,
        payment_id -> BigInt,
        part_id -> BigInt,
    }
}

diesel::table! {
    cursors (node) {
        node -> Text,
        cursor -> BigInt,
    }
}

diesel::table! {
    counters (one) {
        one -> BigInt,
        last_payment -> BigInt,
        last_part -> BigInt,
        last_event -> BigInt,
        fences -> BigInt,
        payments_gone -> BigInt,
        payments_incoming -> BigInt,
    }
}

diesel::table! {
    installation (one) {
        one -> BigInt,
        identity -> Binary,
    }
}

diesel::table! {
    incoming_payments (id) {
        id -> BigInt,
        node_id -> BigInt,
        payment_hash -> Binary,
        payment_preimage -> Binary,
        destination -> Binary,
        requested_msat -> Nullable<BigInt>,
        received_msat -> BigInt,
        created_at -> BigInt,
        completed_at -> BigInt,
        label -> Nullable<Text>,
        description -> Nullable<Text>,
        bolt11 -> Nullable<Text>,
    }
}

diesel::table! {
    incoming_parts (payment_id, place) {
        payment_id -> BigInt,
        place -> BigInt,
        channel -> BigInt,
        htlc_id -> Nullable<BigInt>,
        amount_msat -> BigInt,
        cltv_expiry -> Nullable<BigInt>,
        received_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    incoming_cursors (node) {
        node -> Text,
        cursor -> BigInt,
    }
}

diesel::table! {
    tombstones (payment_hash) {
        payment_hash -> Binary,
        payment_id -> Nullable<BigInt>,
        deleted_at -> BigInt,
    }
}

diesel::table! {
    resolutions (seq) {
        seq -> BigInt,
        part_id -> BigInt,
        status -> BigInt,
        who -> Text,
        why -> Text,
    }
}

diesel::table! {
    unrecorded_parts (part_id, payment_hash, node_id) {
        part_id -> BigInt,
        payment_hash -> Binary,
        node_id -> BigInt,
        fate -> BigInt,
        amount_sent_msat -> Nullable<BigInt>,
        noticed_at -> BigInt,
        who -> Nullable<Text>,
        why -> Nullable<Text>,
    }
}

diesel::table! {
    unasked_nodes (node_id) {
        node_id -> BigInt,
        after -> BigInt,
        is_restored -> BigInt,
    }
}

diesel::table! {
    orders (seq) {
        seq -> BigInt,
        payment_id -> BigInt,
        deliver_msat -> BigInt,
        max_fee_msat -> BigInt,
        deadline -> BigInt,
        max_delay -> BigInt,
        max_parts -> BigInt,
        max_attempts -> BigInt,
        parts_before -> BigInt,
        nodes -> Text,
        avoid -> Text,
        hints -> Text,
        opened_at -> BigInt,
        request_id -> Nullable<Text>,
        digest -> Nullable<Binary>,
        closed_at -> Nullable<BigInt>,
        closed_event -> Nullable<BigInt>,
        why -> Nullable<BigInt>,
        why_msat -> Nullable<BigInt>,
    }
}

diesel::joinable!(orders -> payments (payment_id));
diesel::joinable!(unrecorded_parts -> nodes (node_id));
diesel::joinable!(unasked_nodes -> nodes (node_id));
diesel::joinable!(resolutions -> parts (part_id));
diesel::joinable!(resolutions -> events (seq));
diesel::joinable!(parts -> payments (payment_id));
diesel::joinable!(parts -> nodes (node_id));
diesel::joinable!(events -> payments (payment_id));
diesel::joinable!(events -> parts (part_id));
diesel::joinable!(events -> incoming_payments (payment_id));
diesel::joinable!(incoming_payments -> nodes (node_id));
diesel::allow_tables_to_appear_in_same_query!(
    nodes,
    payments,
    parts,
    events,
    counters,
    incoming_payments,
    orders,
    resolutions,
    tombstones,
    unrecorded_parts,
    unasked_nodes
);

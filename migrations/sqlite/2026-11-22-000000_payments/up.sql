-- Payments, their parts, and the history of both. The rules about money (A-1 to A-10 of ARCHITECTURE.md)
-- stand here a second time, beside the code that keeps them: a bug or a stray hand is refused.
--
-- status: 0 pending, 1 complete, 2 failed. Amounts: millisatoshi. Times: microseconds since 1970.
--
-- Triggers say raise(fail), and the hot statements `update or fail`: each touches one row, so it
-- means the same as abort, and spares SQLite a statement journal a row. Columns that hot
-- statements set have as few triggers as the rules allow.

-- The configured nodes that offered a part. A number is shorter than a name in every part.
create table nodes (
    id       integer primary key,
    name     text not null unique,
    -- What the node of that name was when it was first used; null until it says so.
    identity text
) strict;

create table payments (
    id               integer primary key,
    payment_hash     blob not null unique check (length(payment_hash) = 32), -- A-10
    -- 0 outgoing, 1 incoming: `listpayments` is to show both one day.
    direction        integer not null check (direction in (0, 1)),
    status           integer not null check (status in (0, 1, 2)),
    intended_msat    integer not null,
    requested_msat   integer not null,
    destination      blob not null check (length(destination) = 33),
    payment_secret   blob check (length(payment_secret) = 32),
    payment_metadata blob,
    payment_preimage blob check (length(payment_preimage) = 32),
    -- The counters: a function of the parts, kept so that nothing is added up again.
    parts            integer not null check (parts > 0),
    live_parts       integer not null,
    in_flight_msat   integer not null,
    delivered_msat   integer not null,
    sent_msat        integer not null,
    created_at       integer not null check (created_at >= 0),
    completed_at     integer check (completed_at >= 0),
    version          integer not null check (version > 0),
    quarantine       text,
    description      text,
    label            text,
    bolt11           text,
    constraint "A-1 ceiling" check (in_flight_msat + delivered_msat <= intended_msat or quarantine is not null),
    constraint "A-1 amounts" check (in_flight_msat >= 0 and delivered_msat >= 0 and sent_msat >= in_flight_msat + delivered_msat),
    constraint "A-6 proof" check ((status = 1) = (payment_preimage is not null)),
    constraint "A-8 status" check (status = case when payment_preimage is not null then 1 when live_parts = 0 then 2 else 0 end),
    constraint "A-8 end" check ((status = 0) = (completed_at is null)),
    constraint "A-8 live" check (live_parts between 0 and parts and (live_parts = 0) = (in_flight_msat = 0)),
    constraint "A-8 delivered" check ((delivered_msat > 0) = (payment_preimage is not null)),
    -- 2.1e18 is all bitcoin: sums of two amounts fit 64 bits.
    constraint "A-9 terms" check (
        requested_msat > 0
        and requested_msat <= 2100000000000000000
        and intended_msat <= 2100000000000000000
        and intended_msat between requested_msat and 2 * requested_msat
    )
) strict;

-- A complete payment may still have live parts, and what has live parts is what recovery reads.
create index payments_live on payments (id) where live_parts > 0;
-- Only failing costs: what is complete is most of the table, and found by walking it.
create index payments_failed on payments (id) where status = 2;

create table parts (
    id               integer primary key,
    payment_id       integer not null references payments (id),
    node_id          integer not null references nodes (id),
    status           integer not null check (status in (0, 1, 2)),
    amount_msat      integer not null check (amount_msat > 0),
    amount_sent_msat integer not null,
    cltv_expiry      integer check (cltv_expiry between 0 and 4294967295),
    created_at       integer not null check (created_at >= 0),
    completed_at     integer check (completed_at >= 0),
    route            blob not null,
    description      text,
    label            text,
    -- Why it failed. The proof of a complete part is its payment's.
    failure_code     integer check (failure_code in (202, 203, 204, 209)),
    failure_message  text,
    erring_index     integer check (erring_index between 0 and 4294967295),
    failcode         integer check (failcode between 0 and 65535),
    erring_node      blob check (length(erring_node) = 33),
    erring_channel   integer,
    onionreply       blob,
    raw_message      blob,
    constraint "A-1 amounts" check (amount_sent_msat between amount_msat and 2100000000000000000),
    constraint "A-7 end" check ((status = 0) = (completed_at is null)),
    constraint "A-7 failure" check (
        (status = 2) = (failure_code is not null)
        and (status = 2) = (failure_message is not null)
        and (
            status = 2
            or coalesce(erring_index, failcode, erring_node, erring_channel, onionreply, raw_message) is null
        )
    )
) strict;

create index parts_by_payment on parts (payment_id);
create index parts_pending on parts (id) where status = 0;
create index parts_failed on parts (id) where status = 2;

-- One row a transition, written with it: seq is dense and in the order of commits.
-- kind: 1 part accepted, 2 part fulfilled, 3 part failed, 4 part fulfilled after it had been
-- called failed (alarm), 5 the node contradicted itself (alarm).
create table events (
    seq            integer primary key,
    payment_id     integer not null,
    part_id        integer not null,
    kind           integer not null check (kind between 1 and 5),
    payment_status integer not null check (payment_status in (0, 1, 2)),
    part_status    integer check (part_status in (0, 1, 2)),
    at             integer not null check (at >= 0)
) strict;

-- Idempotency keys (A-14), each with the part that it made.
create table requests (
    request_id text primary key check (octet_length(request_id) between 1 and 128),
    digest     blob not null check (length(digest) = 32),
    payment_id integer not null references payments (id),
    part_id    integer not null references parts (id)
) strict, without rowid;

-- How far each node has been heard.
create table cursors (
    node   text primary key,
    cursor integer not null check (cursor >= 0)
) strict, without rowid;

-- The last numbers that were given out, so that none is ever used again, not even after a
-- deletion (A-4). Written once a batch. After a COMMIT that failed, `last_event` says whether it
-- is durable after all, and a write to `fences` overwrites what of it may be left in the log. A
-- batch that makes something durable without a number writes `fences` too.
create table counters (
    one          integer primary key check (one = 1),
    last_payment integer not null check (last_payment >= 0),
    last_part    integer not null check (last_part >= 0),
    last_event   integer not null check (last_event >= 0),
    fences       integer not null check (fences >= 0)
) strict;
insert into counters (one, last_payment, last_part, last_event, fences) values (1, 0, 0, 0, 0);

-- A-9: the terms are fixed. No statement of ours sets these columns, so this costs nothing.
create trigger payments_terms_are_fixed
before update of id, payment_hash, direction, intended_msat, requested_msat, destination, created_at on payments
begin
    select raise(fail, 'A-9: the terms of a payment are fixed');
end;

-- A-9: an invoice's secret can be added, never changed. Only accepting a part sets these.
create trigger payments_secrets_are_fixed
before update of payment_secret, payment_metadata on payments
when (old.payment_secret is not null and old.payment_secret is not new.payment_secret)
    or (old.payment_metadata is not null and old.payment_metadata is not new.payment_metadata)
begin
    select raise(fail, 'A-9: the secret and the metadata of a payment are fixed once set');
end;

-- A-10: with "A-6 proof" this means that a complete payment stays complete, and only outcomes set it.
create trigger payments_proof_is_kept
before update of payment_preimage on payments
when old.payment_preimage is not null and old.payment_preimage is not new.payment_preimage
begin
    select raise(fail, 'A-10: a complete payment stays complete');
end;

-- A-10: what was paid, or may still be, is not forgotten.
create trigger payments_are_kept
before delete on payments
when old.status <> 2
begin
    select raise(fail, 'A-10: only a failed payment can be deleted');
end;

-- A-1, A-2: a part joins an open payment, and is not larger than it.
create trigger parts_join_an_open_payment
before insert on parts
when exists (
    select 1 from payments
    where payments.id = new.payment_id and (payments.status = 1 or new.amount_msat > payments.intended_msat)
)
begin
    select raise(fail, 'A-2: no part joins a complete payment, or is larger than its payment');
end;

-- A-7: an outcome is written once; only a proof beats an earlier failure.
create trigger parts_have_one_outcome
before update of status on parts
when not (old.status = 0 or (old.status = 2 and new.status = 1))
begin
    select raise(fail, 'A-7: a part has one outcome');
end;

-- A-4, A-9: what was offered is fixed.
create trigger parts_are_fixed
before update of id, payment_id, node_id, amount_msat, amount_sent_msat, cltv_expiry, created_at, route, description, label on parts
begin
    select raise(fail, 'A-4: what a part offers is fixed');
end;

create trigger parts_are_kept
before delete on parts
when old.status <> 2
begin
    select raise(fail, 'A-5: only a failed part can be deleted');
end;

-- A-4: the parts of a node are looked up at no other.
create trigger nodes_identity_is_fixed
before update of identity on nodes
when old.identity is not null and old.identity is not new.identity
begin
    select raise(fail, 'A-4: the identity of a node is fixed once set');
end;

create trigger events_are_history
before update on events
begin
    select raise(fail, 'A-14: history does not change');
end;

create trigger requests_are_fixed
before update on requests
begin
    select raise(fail, 'A-14: the same key is the same request');
end;

create trigger cursors_only_grow
before update on cursors
when new.cursor < old.cursor
begin
    select raise(fail, 'A-5: a cursor only grows');
end;

create trigger counters_only_grow
before update on counters
when new.last_payment < old.last_payment or new.last_part < old.last_part or new.last_event < old.last_event
    or new.fences < old.fences
begin
    select raise(fail, 'A-4: a number is used once');
end;

create trigger counters_are_kept
before delete on counters
begin
    select raise(fail, 'A-4: a number is used once');
end;

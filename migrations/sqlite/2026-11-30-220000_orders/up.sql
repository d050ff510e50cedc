-- What `pay` was asked for. A payment with an open order has its limits in its own row, so that a part
-- is checked against them where it is counted; and it has a row before it has a part.

-- What is damaged does not keep the daemon from starting, so nothing that is stored is checked here.
pragma ignore_check_constraints = on;
alter table payments add column order_deadline integer check (order_deadline >= 0)
    constraint "B-6 open" check (
        order_deadline is null or (payment_preimage is null and quarantine is null)
    );
alter table payments add column deliver_msat integer
    constraint "B-2 share" check (
        deliver_msat is null
        or (deliver_msat between 1 and intended_msat and in_flight_msat + delivered_msat <= deliver_msat)
    );
alter table payments add column max_fee_msat integer
    constraint "B-1 cap" check (
        (max_fee_msat is null) = (deliver_msat is null) and (max_fee_msat is null) = (order_deadline is null)
        and (
            max_fee_msat is null
            or (max_fee_msat >= 0 and sent_msat - in_flight_msat - delivered_msat <= max_fee_msat)
        )
    );
pragma ignore_check_constraints = off;

-- No row is written anew for this: every stored row keeps to it.
pragma writable_schema = on;
update sqlite_schema set sql = replace(replace(sql,
    'check (parts > 0)', 'check (parts >= 0)'),
    'when live_parts = 0 then 2 else 0', 'when live_parts = 0 and max_fee_msat is null then 2 else 0')
where type = 'table' and name = 'payments';
update sqlite_schema set sql = replace(replace(sql,
    'kind between 1 and 8', 'kind between 1 and 10'),
    '(kind = 6) = (part_id is null)', '(kind in (6, 9, 10)) = (part_id is null)')
where type = 'table' and name = 'events';
pragma writable_schema = reset;

create table orders (
    seq          integer primary key references events (seq) deferrable initially deferred,
    payment_id   integer not null references payments (id) deferrable initially deferred,
    deliver_msat integer not null check (deliver_msat > 0),
    max_fee_msat integer not null check (max_fee_msat >= 0),
    deadline     integer not null check (deadline >= 0),
    max_delay    integer not null check (max_delay between 0 and 4294967295),
    max_parts    integer not null check (max_parts between 1 and 65535),
    max_attempts integer not null check (max_attempts between 1 and 4294967295),
    parts_before integer not null check (parts_before >= 0),
    nodes        text not null, -- JSON
    avoid        text not null, -- JSON
    hints        text not null, -- JSON
    opened_at    integer not null check (opened_at >= 0),
    request_id   text unique check (length(cast(request_id as blob)) between 1 and 128),
    digest       blob check (length(digest) = 32),
    closed_at    integer check (closed_at >= 0),
    closed_event integer check (closed_event > seq),
    why          integer check (why between 1 and 13),
    why_msat     integer check (why_msat >= 0),
    constraint "B-7 reason" check (
        (closed_at is null) = (why is null) and (closed_at is null) = (closed_event is null)
        and (why_msat is null or why is not null)
    ),
    constraint "B-9 request" check ((request_id is null) = (digest is null))
) strict;

-- B-5: one open order a payment.
create unique index orders_open on orders (payment_id) where closed_at is null;
create index orders_by_payment on orders (payment_id);
create index orders_closed on orders (closed_event) where closed_event is not null;

create trigger orders_have_keys_of_their_own
before insert on orders
when exists (select 1 from requests where requests.request_id = new.request_id)
begin
    select raise(fail, 'B-9: the same key is the same request');
end;

create trigger requests_have_keys_of_their_own
before insert on requests
when exists (select 1 from orders where orders.request_id = new.request_id)
begin
    select raise(fail, 'B-9: the same key is the same request');
end;

create trigger orders_open_on_nothing_live
before insert on orders
begin
    select raise(fail, 'B-5: an order opens on a payment of which nothing is live, and with its limits')
    where not exists (
        select 1 from payments
        where payments.id = new.payment_id and payments.live_parts = 0 and payments.status = 0
            and payments.deliver_msat = new.deliver_msat and payments.max_fee_msat = new.max_fee_msat
            and payments.order_deadline = new.deadline and payments.parts = new.parts_before
    );
    select raise(fail, 'A-10: a part that is not stored may be out')
    from payments join unrecorded_parts using (payment_hash)
    where payments.id = new.payment_id and unrecorded_parts.fate in (0, 3);
end;

create trigger orders_are_fixed
before update of seq, payment_id, deliver_msat, max_fee_msat, deadline, max_delay, max_parts, max_attempts,
    parts_before, nodes, avoid, hints, opened_at, request_id, digest on orders
begin
    select raise(fail, 'B-5: what an order was asked for is fixed');
end;

create trigger orders_stay_closed
before update of closed_at, closed_event, why, why_msat on orders
when old.closed_at is not null
begin
    select raise(fail, 'B-6: what is closed stays closed');
end;

-- The payment's row first: it lets go of the limits in the same commit.
create trigger orders_close_with_their_payment
before update of closed_at on orders
when old.closed_at is null and new.closed_at is not null and exists (
    select 1 from payments where payments.id = old.payment_id and payments.max_fee_msat is not null
)
begin
    select raise(fail, 'B-6: an order is closed in its payment''s row too');
end;

create trigger orders_are_kept
before delete on orders
when old.closed_at is null
begin
    select raise(fail, 'B-6: an open order is closed before it goes');
end;

create trigger payments_keep_the_limits_of_their_order
before update of order_deadline, deliver_msat, max_fee_msat on payments
when old.max_fee_msat is not null and new.max_fee_msat is not null and (
    old.order_deadline is not new.order_deadline
    or old.deliver_msat is not new.deliver_msat
    or old.max_fee_msat is not new.max_fee_msat
)
begin
    select raise(fail, 'B-5: what an order was asked for is fixed');
end;

create trigger parts_keep_to_their_order
before insert on parts
when exists (
    select 1 from payments where payments.id = new.payment_id and payments.max_fee_msat is not null
)
begin
    select raise(fail, 'B-5: a part joins an order that is open') where not exists (
        select 1 from orders where orders.payment_id = new.payment_id and orders.closed_at is null
    );
    select raise(fail, 'B-3: no part comes at or after its order''s deadline') from orders
    where orders.payment_id = new.payment_id and orders.closed_at is null
        and new.created_at >= orders.deadline;
    select raise(fail, 'B-4: an order has so many parts, and so many at once')
    from orders join payments on payments.id = orders.payment_id
    where orders.payment_id = new.payment_id and orders.closed_at is null and (
        payments.live_parts > orders.max_parts
        or payments.parts - orders.parts_before > orders.max_attempts
    );
    select raise(fail, 'B-5: a part leaves from one of its order''s nodes') from orders
    where orders.payment_id = new.payment_id and orders.closed_at is null and not exists (
        select 1 from nodes join json_each(orders.nodes) on json_each.value = nodes.name
        where nodes.id = new.node_id
    );
end;

-- What a payment's invoice demands of every part, also of one that does not repeat the invoice, and what the
-- payee wrote in it. All of it is null for a payment without an invoice, and for one that is older than this.

-- What is damaged does not keep the daemon from starting, so nothing that is stored is checked here.
pragma ignore_check_constraints = on;
alter table payments add column invoice_description text;
alter table payments add column invoice_network text;
alter table payments add column invoice_expires_at integer check (invoice_expires_at >= 0);
alter table payments add column min_final_cltv_expiry integer check (min_final_cltv_expiry between 0 and 4294967295);
alter table payments add column basic_mpp integer check (basic_mpp between 0 and 1);
alter table payments add column description_hash blob check (length(description_hash) = 32)
    constraint "A-9 invoice" check (
        (invoice_network is null) = (invoice_expires_at is null)
        and (invoice_network is null) = (min_final_cltv_expiry is null)
        and (invoice_network is null) = (basic_mpp is null)
        and (description_hash is null or invoice_network is not null)
    );
pragma ignore_check_constraints = off;

-- A-9: what an invoice brings is fixed while a part is live, and for ever once the payment is paid. While
-- nothing is out a first part may have been wrong about it.
drop trigger payments_secrets_are_fixed;
create trigger payments_secrets_are_fixed
before update of payment_secret, payment_metadata on payments
when (old.live_parts > 0 or old.status = 1)
    and (old.payment_secret is not new.payment_secret or old.payment_metadata is not new.payment_metadata)
begin
    select raise(fail, 'A-9: the secret and the metadata of a payment are fixed while a part is live');
end;

create trigger payments_invoice_is_fixed
before update of invoice_network, invoice_expires_at, min_final_cltv_expiry, basic_mpp, description_hash on payments
when (old.live_parts > 0 or old.status = 1) and old.invoice_network is not null
    and (
        old.invoice_network is not new.invoice_network
        or old.invoice_expires_at is not new.invoice_expires_at
        or old.min_final_cltv_expiry is not new.min_final_cltv_expiry
        or old.basic_mpp is not new.basic_mpp
        or old.description_hash is not new.description_hash
    )
begin
    select raise(fail, 'A-9: what an invoice demands is fixed while a part is live');
end;

-- A-1, A-2, A-9: a part joins an open payment, is not larger than it, and keeps to its invoice.
drop trigger parts_join_an_open_payment;
create trigger parts_join_an_open_payment
before insert on parts
when not exists (
    select 1 from payments
    where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
        and (payments.basic_mpp is not 0 or new.amount_msat = payments.intended_msat)
        and (payments.invoice_expires_at is null or new.created_at <= payments.invoice_expires_at)
) or not exists (select 1 from nodes where nodes.id = new.node_id)
begin
    select raise(fail, 'A-9: a part keeps to its invoice: it comes in time, and whole if the payee takes no parts')
    where exists (
        select 1 from payments
        where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
    ) and exists (select 1 from nodes where nodes.id = new.node_id);
    select raise(fail, 'A-2: a part joins an open payment, is not larger than it, and has a node');
end;

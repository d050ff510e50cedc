drop trigger parts_join_an_open_payment;
create trigger parts_join_an_open_payment
before insert on parts
when not exists (
    select 1 from payments
    where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
) or not exists (select 1 from nodes where nodes.id = new.node_id)
begin
    select raise(fail, 'A-2: a part joins an open payment, is not larger than it, and has a node');
end;

drop trigger payments_invoice_is_fixed;
drop trigger payments_secrets_are_fixed;
create trigger payments_secrets_are_fixed
before update of payment_secret, payment_metadata on payments
when (old.payment_secret is not null and old.payment_secret is not new.payment_secret)
    or (old.payment_metadata is not null and old.payment_metadata is not new.payment_metadata)
begin
    select raise(fail, 'A-9: the secret and the metadata of a payment are fixed once set');
end;

-- The one whose constraint names the others goes first.
alter table payments drop column description_hash;
alter table payments drop column basic_mpp;
alter table payments drop column min_final_cltv_expiry;
alter table payments drop column invoice_expires_at;
alter table payments drop column invoice_network;
alter table payments drop column invoice_description;

-- Loses nothing: what gives out numbers by `counters` alone finds all of them there.
drop trigger payments_leave_their_number;
drop trigger parts_leave_their_number;
drop trigger events_leave_their_number;

update counters set
    last_payment = max(last_payment, coalesce((select max(id) from payments), 0)),
    last_part = max(last_part, coalesce((select max(id) from parts), 0)),
    last_event = max(last_event, coalesce((select max(seq) from events), 0))
where one = 1;

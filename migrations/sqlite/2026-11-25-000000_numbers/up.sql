-- The last numbers that were given out are those of the last rows, as long as these are there: then they
-- need not be written once more with every batch, which costs a page of every commit. `counters` says
-- what no row says any more. What is deleted writes its number there (A-4).

create trigger payments_leave_their_number
after delete on payments
begin
    update counters set last_payment = max(last_payment, old.id) where one = 1;
end;

create trigger parts_leave_their_number
after delete on parts
begin
    update counters set last_part = max(last_part, old.id) where one = 1;
end;

create trigger events_leave_their_number
after delete on events
begin
    update counters set last_event = max(last_event, old.seq) where one = 1;
end;

-- What a node with other controllers needs: lightningd.

-- The node did not take the part because somebody else's payment of the same hash is under way there
-- (200), or has been made from there (201). `failure_code` then says 209: to widen its check would mean
-- to write every part again.
alter table parts add column elsewhere integer
    constraint "A-7 elsewhere" check (
        elsewhere is null or (elsewhere in (200, 201) and status = 2 and failure_code = 209)
    );

-- What tells this database from every other, at nodes that others use as well: their keys of our parts
-- are made of it (A-4).
create table installation (
    one      integer primary key check (one = 1),
    identity blob not null check (length(identity) = 16)
) strict;
insert into installation (one, identity) values (1, randomblob(16));

create trigger installation_is_fixed
before update on installation
begin
    select raise(fail, 'A-4: a key is made of it');
end;

create trigger installation_is_kept
before delete on installation
begin
    select raise(fail, 'A-4: a key is made of it');
end;

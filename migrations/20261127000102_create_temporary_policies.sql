-- Mesh-wide policies that were changed for a verification and have to be put back, whatever becomes of the console.
create table temporary_policies (
    verification_id text primary key,
    -- Where, and for whose wish.
    revision text not null,
    namespace text not null,
    config_map text not null,
    actor text not null,
    -- The text of the mesh configuration before, and as it was written.
    before_text text not null,
    after_text text not null,
    -- 'open' or 'closed'.
    state text not null,
    -- Microseconds since 1970, UTC: when it was written down, and when it is put back at the latest.
    created_us bigint not null,
    revert_us bigint not null,
    -- Until when somebody is putting it back; 0: nobody is.
    lease_until_us bigint not null
);
-- A revision has one at a time.
create unique index temporary_policies_open on temporary_policies (revision) where state = 'open';

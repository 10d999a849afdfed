-- Restart plans and what became of them. A run is the fold of its events, as a change is in the history.
create table restart_runs (
    id text primary key,
    -- Microseconds since 1970, UTC, and who made it.
    created_us bigint not null,
    created_by text not null,
    -- The change of a setting that it was planned from; empty where it was not.
    change_id text not null,
    -- The plan as JSON; it never changes.
    plan text not null,
    -- A copy of what the events say, for filters, and how many there are: who appends names the number before.
    state text not null,
    events bigint not null,
    -- The process that carries it out, and until when the others believe so; empty and 0: nobody does.
    driver text not null,
    lease_until_us bigint not null
);
create index restart_runs_by_state on restart_runs (state, created_us);

create table restart_events (
    run_id text not null,
    -- 1, 2, 3, …
    seq bigint not null,
    at_us bigint not null,
    -- The event as JSON.
    body text not null,
    primary key (run_id, seq)
);

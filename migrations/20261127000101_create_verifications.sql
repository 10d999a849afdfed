-- Requests that were really sent from inside pods, and what they proved: evidence.
create table verifications (
    id text primary key,
    -- Microseconds since 1970, UTC, and who asked.
    created_us bigint not null,
    actor text not null,
    -- From where: for filters, and for who may see it.
    namespace text not null,
    pod text not null,
    -- The change of a setting that it is about; empty where it was not said.
    change_id text not null,
    -- What was asked, as JSON; it never changes.
    question text not null,
    -- 'running', 'done' or 'interrupted'.
    state text not null,
    -- The verdict once there is one, for filters.
    verdict text not null,
    -- What it does now, and what came of it, as JSON; empty: nothing yet.
    step text not null,
    result text not null,
    ended_us bigint not null,
    -- The process that carries it out, and until when the others believe so.
    driver text not null,
    lease_until_us bigint not null
);
create index verifications_by_pod on verifications (namespace, pod, id);
create index verifications_by_change on verifications (change_id, id);
create index verifications_by_state on verifications (state, lease_until_us);

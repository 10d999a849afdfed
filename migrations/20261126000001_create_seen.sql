-- What was last seen of the things that others change too, so that a change from outside is told from our own, also one
-- that was made while no console ran.
create table seen (
    target_kind text not null,
    target_namespace text not null,
    target_name text not null,
    -- The uid and, after a dot, what changes with each edit.
    version text not null,
    -- The state as JSON, as changes record it; null: it is gone.
    body text,
    -- When the cluster noted the newest edit of it, in microseconds since 1970; 0: not known.
    edited_us bigint not null,
    primary key (target_kind, target_namespace, target_name)
);
-- Since when a kind of thing is watched. What was there then is no change.
create table watched (
    target_kind text primary key,
    -- The cluster's own id: another cluster is another beginning.
    cluster text not null,
    since_us bigint not null
);

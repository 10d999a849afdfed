//! The little that SQLite and PostgreSQL do not share.

use std::time::Duration;

use sqlx::{AnyPool, Executor, any::AnyPoolOptions};

/// Connects to `url`, and says how to begin a transaction that writes. A SQLite file is created where it does not exist, unless the URL says how to open it.
pub(super) async fn connect(url: &str) -> Result<(AnyPool, &'static str), sqlx::Error> {
    sqlx::any::install_default_drivers();
    let is_sqlite = url.starts_with("sqlite:");
    let url = if is_sqlite && !url.contains("mode=") && !url.contains(":memory:") {
        format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' })
    } else {
        url.to_owned()
    };
    let in_memory = url.contains(":memory:");
    // SQLite takes turns only where a writer says at once that it is one.
    let begin = if is_sqlite { "begin immediate" } else { "begin" };
    let pool = AnyPoolOptions::new()
        // An in-memory database is one connection: a second would see another database.
        .max_connections(if in_memory { 1 } else { 4 })
        .min_connections(u32::from(in_memory))
        .idle_timeout(if in_memory {
            None
        } else {
            Some(Duration::from_mins(10))
        })
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(5))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if is_sqlite {
                    // Every intent must be on disk before the cluster is asked: `full`, whatever the journal.
                    // A read-only file refuses the journal mode; reading goes on.
                    let _ = connection.execute("pragma journal_mode = wal").await;
                    connection.execute("pragma synchronous = full").await?;
                    connection.execute("pragma busy_timeout = 5000").await?;
                }
                Ok(())
            })
        })
        .connect(&url)
        .await?;
    Ok((pool, begin))
}

//! The webhook's certificate: made here for the sandbox, read from files elsewhere, and read again when they change.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// A certificate for one host, signed by a CA that nobody else has.
pub struct SelfMade {
    /// What the TLS server shows.
    pub config: RustlsConfig,
    /// The CA, for `caBundle`.
    pub ca_pem: String,
}

/// Makes a CA and a certificate for `host`. The CA's key is forgotten at once.
pub fn self_made(host: &str) -> anyhow::Result<SelfMade> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.distinguished_name
        .push(DnType::CommonName, "Sidestep webhook CA");
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    let issuer = Issuer::new(ca, ca_key);

    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Sidestep webhook");
    let certificate = params.signed_by(&key, &issuer)?;
    let config = server_config(certificate.pem().as_bytes(), key.serialize_pem().as_bytes())?;
    Ok(SelfMade {
        config: RustlsConfig::from_config(Arc::new(config)),
        ca_pem,
    })
}

/// Reads certificate and key, and keeps reading them: a renewed pair is used from the next handshake on. A pair that does
/// not fit (one file written, the other not yet) is reported, and the old one stays.
pub fn from_files(certificate: PathBuf, key: PathBuf) -> anyhow::Result<RustlsConfig> {
    // Looked at before they are read: a renewal in between is then seen as one.
    let mut seen = modified(&certificate, &key);
    let config = RustlsConfig::from_config(Arc::new(read(&certificate, &key)?));
    let reloaded = config.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let now = modified(&certificate, &key);
            if now == seen {
                continue;
            }
            match read(&certificate, &key) {
                Ok(config) => {
                    reloaded.reload_from_config(Arc::new(config));
                    seen = now;
                    tracing::info!("the webhook's certificate was read again");
                }
                Err(error) => tracing::warn!("the webhook keeps its old certificate: {error:#}"),
            }
        }
    });
    Ok(config)
}

fn modified(certificate: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [certificate, key].map(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok())
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    let file =
        |path: &Path| std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()));
    server_config(&file(certificate)?, &file(key)?).with_context(|| {
        format!(
            "{} and {} are not a certificate and its key",
            certificate.display(),
            key.display()
        )
    })
}

fn server_config(certificate: &[u8], key: &[u8]) -> anyhow::Result<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_that_do_not_fit_are_refused_with_their_names() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = std::env::temp_dir().join(format!("sidestep-tls-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (certificate, key) = (folder.join("tls.crt"), folder.join("tls.key"));
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
        std::fs::write(&certificate, pair.cert.pem()).expect("written");
        std::fs::write(&key, other.signing_key.serialize_pem()).expect("written");
        let error = read(&certificate, &key).expect_err("the key is another's");
        assert!(error.to_string().contains("tls.crt"), "{error:#}");
        std::fs::write(&key, pair.signing_key.serialize_pem()).expect("written");
        read(&certificate, &key).expect("they fit");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}

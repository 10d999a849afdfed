//! Asks the webhook that a configuration points at about a pod, as the API server would: same address, same path, trusting
//! only the CA that the configuration names.

use std::{sync::Arc, time::Duration};

use api::mesh::{Delivery, DeliveryState};
use k8s_openapi::api::admissionregistration::v1::WebhookClientConfig;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::{CONFIGURATION, found};

/// As long as the API server would wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// A review of a pod that nobody makes.
const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"sidestep-probe","operation":"CREATE","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"name":"probe","namespace":"sidestep-probe","userInfo":{},"dryRun":true,"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe"},"spec":{}}}}"#;

/// Where the API server would send it.
struct Aim {
    host: String,
    port: u16,
    path: String,
    is_service: bool,
}

/// Asks; an error says why new pods do not get the settings.
pub(super) async fn ask(client: &WebhookClientConfig) -> Result<(), Delivery> {
    let aim = aim(client)?;
    let at = format!("{}:{}", aim.host, aim.port);
    let connector = TlsConnector::from(Arc::new(trusting(
        client.ca_bundle.as_ref().map(|b| b.0.as_slice()),
    )?));
    let name =
        ServerName::try_from(aim.host.clone()).map_err(|_| unreachable_at(&at, "that is not a host name"))?;
    let asking = async {
        let addresses: Vec<_> = match tokio::net::lookup_host(&at).await {
            Ok(addresses) => addresses.collect(),
            Err(_) if aim.is_service => return Err(out_of_reach(&at)),
            Err(error) => return Err(unreachable_at(&at, &error.to_string())),
        };
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|error| unreachable_at(&at, &error.to_string()))?;
        let mut stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| bad_certificate(&at, &error.to_string()))?;
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{REVIEW}",
            aim.path,
            REVIEW.len()
        );
        let broken = |error: std::io::Error| unreachable_at(&at, &error.to_string());
        stream.write_all(request.as_bytes()).await.map_err(broken)?;
        stream.flush().await.map_err(broken)?;
        // `HTTP/1.1 200`: what follows is for the API server.
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.map_err(broken)?;
        match &status[9..] {
            b"200" => Ok(()),
            other => {
                let code = String::from_utf8_lossy(other);
                Err(unreachable_at(
                    &at,
                    &format!("the path {} answers {code}", aim.path),
                ))
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| Err(unreachable_at(&at, "no answer in time")))
}

fn aim(client: &WebhookClientConfig) -> Result<Aim, Delivery> {
    match (&client.url, &client.service) {
        (Some(url), _) => {
            let uri: http::Uri = url
                .parse()
                .map_err(|_| unreachable_at(url, "that is not a URL"))?;
            Ok(Aim {
                host: uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
                port: uri.port_u16().unwrap_or(443),
                path: uri.path().to_owned(),
                is_service: false,
            })
        }
        (None, Some(service)) => Ok(Aim {
            host: format!("{}.{}.svc", service.name, service.namespace),
            port: service
                .port
                .and_then(|port| u16::try_from(port).ok())
                .unwrap_or(443),
            path: service.path.clone().unwrap_or_else(|| "/".to_owned()),
            is_service: true,
        }),
        (None, None) => Err(unreachable_at(
            "nowhere",
            "the configuration names neither URL nor Service",
        )),
    }
}

fn trusting(ca_bundle: Option<&[u8]>) -> Result<ClientConfig, Delivery> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_bundle.unwrap_or_default()).flatten() {
        // One that cannot be read vouches for nothing; the handshake then says so.
        let _ = roots.add(certificate);
    }
    if roots.is_empty() {
        return Err(found(
            DeliveryState::BadCertificate,
            &format!("`{CONFIGURATION}` names no CA, so the API server trusts nobody to be our webhook"),
            Some("run `sidestep install` again with the CA of the webhook's certificate"),
        ));
    }
    Ok(ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn unreachable_at(at: &str, why: &str) -> Delivery {
    found(
        DeliveryState::Unreachable,
        &format!(
            "nobody answers as Sidestep's webhook at {at}, where `{CONFIGURATION}` points: {why}; new pods start without settings"
        ),
        Some("check that `sidestep serve` runs there with its webhook, and that nothing stands in between"),
    )
}

/// The name of a Service means something only in its cluster.
fn out_of_reach(at: &str) -> Delivery {
    found(
        DeliveryState::Unknown,
        &format!(
            "`{CONFIGURATION}` points at the Service {at}, which cannot be asked from where this console runs"
        ),
        Some("look at the console that runs in the cluster"),
    )
}

fn bad_certificate(at: &str, why: &str) -> Delivery {
    found(
        DeliveryState::BadCertificate,
        &format!(
            "the CA in `{CONFIGURATION}` does not vouch for the webhook at {at}: {why}; new pods start without settings"
        ),
        Some("run `sidestep install` again with the CA of the webhook's certificate"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_where_nobody_listens_is_unreachable() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let ca = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])
            .expect("a certificate")
            .cert
            .pem();
        let client = WebhookClientConfig {
            url: Some(format!("https://127.0.0.1:{port}/mutate")),
            ca_bundle: Some(k8s_openapi::ByteString(ca.into_bytes())),
            service: None,
        };
        let found = ask(&client).await.expect_err("nobody is there");
        assert_eq!(found.state, DeliveryState::Unreachable);
        let without_ca = WebhookClientConfig {
            ca_bundle: None,
            ..client
        };
        let found = ask(&without_ca).await.expect_err("nobody is trusted");
        assert_eq!(found.state, DeliveryState::BadCertificate);
    }

    #[tokio::test]
    async fn a_service_whose_name_means_nothing_here_cannot_be_asked() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let ca = rcgen::generate_simple_self_signed(["a".to_owned()])
            .expect("a certificate")
            .cert
            .pem();
        let service = k8s_openapi::api::admissionregistration::v1::ServiceReference {
            name: "sidestep".into(),
            namespace: "nowhere".into(),
            ..Default::default()
        };
        let client = WebhookClientConfig {
            service: Some(service),
            ca_bundle: Some(k8s_openapi::ByteString(ca.into_bytes())),
            url: None,
        };
        assert_eq!(
            ask(&client).await.expect_err("it has no address").state,
            DeliveryState::Unknown
        );
    }
}

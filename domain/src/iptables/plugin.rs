//! What the CNI plugin refuses before it writes a rule (`cni/pkg/plugin/sidecar_redirect.go`): it is stricter than iptables.

use super::{config::RuleError, matching::Prefix};
use crate::{
    args::ParsedArgs,
    field::{Field, Kind},
};

/// Checks what the annotations of a pod with these arguments say.
pub(super) fn check(args: &ParsedArgs) -> Result<(), RuleError> {
    let refused = |what, text: &str| RuleError::Plugin {
        what,
        text: text.to_owned(),
    };
    let mode = args.interception_mode().unwrap_or_default();
    if !["", "REDIRECT", "TPROXY"].contains(&mode) {
        return Err(refused("the interception mode", mode));
    }
    for field in Field::ALL {
        let text = args.traffic.get(field).unwrap_or_default();
        let fine = match field.kind() {
            Kind::Ports => text == "*" || text.trim().is_empty() || text.trim().split(',').all(is_port),
            Kind::Cidrs if text == "*" => field.takes_wildcard(),
            Kind::Cidrs => text.is_empty() || text.split(',').all(|part| Prefix::parse("", part).is_ok()),
        };
        if !fine {
            return Err(refused(field.name(), text));
        }
    }
    for (flag, what) in [
        ("istio-exclude-interfaces", "excludeInterfaces"),
        ("kube-virt-interfaces", "reroute-virtual-interfaces"),
    ] {
        let text = args.flag(flag).unwrap_or_default();
        if !text.is_empty() && !text.split(',').all(|name| is_interface(name.trim())) {
            return Err(refused(what, text));
        }
    }
    Ok(())
}

/// As Go's `strconv.ParseUint` with 16 bits, blanks around it apart.
fn is_port(part: &str) -> bool {
    let part = part.trim();
    part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u16>().is_ok()
}

fn is_interface(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    starts && name.len() <= 15 && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

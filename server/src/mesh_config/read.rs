//! What istiod reads: YAML to JSON (`sigs.k8s.io/yaml`), then into its defaults (`github.com/golang/protobuf/jsonpb`).

use super::{
    MODE, Mode, POLICY, POLICY_PROTO,
    refusal::Unreadable,
    scalar::Scalar,
    tree::{Document, Kind, Node},
};

/// Reads the mode that istiod has from this text, if the rest of it is to istiod's liking (`pkg/config/mesh/mesh.go`,
/// `ApplyMeshConfigDefaults`).
///
/// Without the policy it is `ALLOW_ANY`. With a policy that has no mode it is `REGISTRY_ONLY`, the enum's zero: a policy
/// replaces the default one as a whole. A name that Istio's version does not know makes istiod refuse the text; it is
/// returned as it is written, because which names are known depends on the version.
pub fn read(text: &str) -> Result<Mode, Unreadable> {
    mode(&Document::parse(text)?)
}

pub(super) fn mode(document: &Document) -> Result<Mode, Unreadable> {
    let root = document.resolve(&document.root);
    if is_null(root) {
        return Ok(Mode::AllowAny);
    }
    if !is_mapping(root) {
        return Err(Unreadable::NotAMapping("the mesh configuration"));
    }
    // Both names may be there; that of JSON wins, even with a null.
    let policy = match lookup(document, root, POLICY)? {
        Some(policy) => Some(policy),
        None => lookup(document, root, POLICY_PROTO)?,
    };
    let Some(policy) = policy.filter(|policy| !is_null(policy)) else {
        return Ok(Mode::AllowAny);
    };
    if !is_mapping(policy) {
        return Err(Unreadable::NotAMapping("`outboundTrafficPolicy`"));
    }
    lookup(document, policy, MODE)?.map_or(Ok(Mode::RegistryOnly), of_value)
}

/// The mode that a value means.
pub(super) fn of_value(node: &Node) -> Result<Mode, Unreadable> {
    let Kind::Scalar { value, style } = &node.kind else {
        return Err(Unreadable::NotAMode);
    };
    match Scalar::of(value, *style, node.tag.as_ref()) {
        Scalar::Null => Ok(Mode::RegistryOnly),
        Scalar::Text(name) => Ok(name.into()),
        Scalar::Number(number) => of_number(number),
        Scalar::Other => Err(Unreadable::NotAMode),
    }
}

/// Every number of 32 bits passes, whether it has a name or not.
fn of_number(number: f64) -> Result<Mode, Unreadable> {
    if number.fract() != 0.0 || number < f64::from(i32::MIN) || number > f64::from(i32::MAX) {
        return Err(Unreadable::NotAMode);
    }
    Ok(match number.to_string().as_str() {
        "0" | "-0" => Mode::RegistryOnly,
        "1" => Mode::AllowAny,
        "3" => Mode::Other("ALLOW_ANY_DYNAMIC_DNS".to_owned()),
        other => Mode::Other(other.to_owned()),
    })
}

/// The value of a key. Of several the last is taken, and `<<` counts where it stands: so does the parser of Istio.
fn lookup<'a>(document: &'a Document, mapping: &'a Node, name: &str) -> Result<Option<&'a Node>, Unreadable> {
    let mut found = None;
    for (key, value) in entries(mapping) {
        if is_merge(key) {
            for source in merged(document, value)? {
                if entries(source).iter().any(|(key, _)| is_merge(key)) {
                    return Err(Unreadable::Merge);
                }
                found = last(document, source, name)?.or(found);
            }
        } else if is_key(document, key, name)? {
            found = Some(document.resolve(value));
        }
    }
    Ok(found)
}

fn last<'a>(document: &'a Document, mapping: &'a Node, name: &str) -> Result<Option<&'a Node>, Unreadable> {
    let mut found = None;
    for (key, value) in entries(mapping) {
        if is_key(document, key, name)? {
            found = Some(document.resolve(value));
        }
    }
    Ok(found)
}

/// The mappings that `<<` brings, the strongest last.
fn merged<'a>(document: &'a Document, value: &'a Node) -> Result<Vec<&'a Node>, Unreadable> {
    let sources: Vec<&Node> = match &value.kind {
        Kind::Sequence(items) => items.iter().rev().map(|item| document.resolve(item)).collect(),
        _ => vec![document.resolve(value)],
    };
    if sources.iter().all(|source| is_mapping(source)) {
        Ok(sources)
    } else {
        Err(Unreadable::NotAMapping("what `<<` names"))
    }
}

pub(super) fn entries(node: &Node) -> &[(Node, Node)] {
    match &node.kind {
        Kind::Mapping { entries, .. } => entries,
        _ => &[],
    }
}

pub(super) fn is_key(document: &Document, key: &Node, name: &str) -> Result<bool, Unreadable> {
    let key = document.resolve(key);
    let binary = key
        .tag
        .as_ref()
        .is_some_and(|tag| tag.is_yaml_core_schema_tag("binary"));
    match &key.kind {
        Kind::Scalar { .. } if binary => Err(Unreadable::BinaryKey),
        Kind::Scalar { value, .. } => Ok(value == name),
        _ => Ok(false),
    }
}

pub(super) fn is_merge(key: &Node) -> bool {
    let Kind::Scalar { value, style } = &key.kind else {
        return false;
    };
    value == "<<"
        && match &key.tag {
            None => *style == granit_parser::ScalarStyle::Plain,
            Some(tag) => tag.is_yaml_core_schema_tag("merge"),
        }
}

pub(super) fn is_mapping(node: &Node) -> bool {
    matches!(node.kind, Kind::Mapping { .. })
}

pub(super) fn is_null(node: &Node) -> bool {
    matches!(&node.kind, Kind::Scalar { value, style }
        if Scalar::of(value, *style, node.tag.as_ref()) == Scalar::Null)
}

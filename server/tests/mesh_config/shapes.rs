//! Shapes of mesh configurations: what they mean, and what becomes of them.

/// A text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) mode: Means,
    #[allow(dead_code, reason = "the judge looks at results")]
    pub(crate) change: Change,
}

/// What istiod reads.
#[allow(dead_code, reason = "the judge needs no words")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Means {
    /// This mode.
    Mode(&'static str),
    /// A name that this Istio does not know: it refuses the text, another may not.
    Unknown(&'static str),
    /// Nothing: Istio refuses the text, and so do we. The words are in our reason.
    Nothing(&'static str),
    /// Something, but we leave it alone. The words are in our reason.
    TooOdd(&'static str),
}

/// What the change to another mode makes of it.
#[allow(dead_code, reason = "the judge looks at results")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// This text, with the mode where `@` is; the text as it was where it says the mode in other words, such as a number.
    To(&'static str),
    /// Nothing: the words are in the reason.
    Refused(&'static str),
}

const fn shape(name: &'static str, text: &'static str, mode: Means, change: Change) -> Shape {
    Shape {
        name,
        text,
        mode,
        change,
    }
}

use Change::{Refused, To};
use Means::{Mode, Nothing, TooOdd, Unknown};

const ALLOW: Means = Mode("ALLOW_ANY");
const REGISTRY: Means = Mode("REGISTRY_ONLY");
const DYNAMIC: Means = Mode("ALLOW_ANY_DYNAMIC_DNS");

pub(crate) const SHAPES: &[Shape] = &[
    // --- the key is absent
    shape("empty text", "", ALLOW, To("outboundTrafficPolicy:\n  mode: @\n")),
    shape(
        "only a line end",
        "\n",
        ALLOW,
        To("\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "only comments",
        "# nothing\n  # yet\n",
        ALLOW,
        To("# nothing\n  # yet\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a comment without a line end",
        "# nothing",
        ALLOW,
        To("# nothing\noutboundTrafficPolicy:\n  mode: @"),
    ),
    shape(
        "an empty mapping",
        "{}",
        ALLOW,
        To("{outboundTrafficPolicy: {mode: @}}"),
    ),
    shape(
        "an empty mapping and a line end",
        "{ }\n",
        ALLOW,
        To("{outboundTrafficPolicy: {mode: @} }\n"),
    ),
    shape(
        "null",
        "null\n",
        ALLOW,
        To("{outboundTrafficPolicy: {mode: @}}\n"),
    ),
    shape("a tilde", "~", ALLOW, To("{outboundTrafficPolicy: {mode: @}}")),
    shape(
        "a document marker",
        "---\n",
        ALLOW,
        To("---\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a bare document marker",
        "---",
        ALLOW,
        To("---\noutboundTrafficPolicy:\n  mode: @"),
    ),
    shape(
        "what the chart renders without meshConfig (|- takes the last line end)",
        "# The trust domain corresponds to the trust root of a system.\n# Refer to https://github.com/spiffe/spiffe/blob/master/standards/SPIFFE-ID.md#21-trust-domain\ntrustDomain: \"cluster.local\"\n\n# The namespace to treat as the administrative root namespace for Istio configuration.\nrootNamespace: \"istio-system\"\n\n\n  \ndefaultProviders:\n  metrics:\n  - prometheus\n  \n\ndefaultConfig:\n  discoveryAddress: istiod.istio-system.svc:15012",
        ALLOW,
        To(
            "# The trust domain corresponds to the trust root of a system.\n# Refer to https://github.com/spiffe/spiffe/blob/master/standards/SPIFFE-ID.md#21-trust-domain\ntrustDomain: \"cluster.local\"\n\n# The namespace to treat as the administrative root namespace for Istio configuration.\nrootNamespace: \"istio-system\"\n\n\n  \ndefaultProviders:\n  metrics:\n  - prometheus\n  \n\ndefaultConfig:\n  discoveryAddress: istiod.istio-system.svc:15012\noutboundTrafficPolicy:\n  mode: @",
        ),
    ),
    shape(
        "what istioctl and Sail render: sorted keys",
        "accessLogFile: /dev/stdout\ndefaultConfig:\n  discoveryAddress: istiod-canary.istio-system.svc:15012\n  proxyMetadata: {}\n  tracing:\n    zipkin:\n      address: zipkin.istio-system:9411\ndefaultProviders:\n  metrics:\n  - prometheus\nenablePrometheusMerge: true\nrootNamespace: istio-system\ntrustDomain: cluster.local",
        ALLOW,
        To(
            "accessLogFile: /dev/stdout\ndefaultConfig:\n  discoveryAddress: istiod-canary.istio-system.svc:15012\n  proxyMetadata: {}\n  tracing:\n    zipkin:\n      address: zipkin.istio-system:9411\ndefaultProviders:\n  metrics:\n  - prometheus\nenablePrometheusMerge: true\nrootNamespace: istio-system\ntrustDomain: cluster.local\noutboundTrafficPolicy:\n  mode: @",
        ),
    ),
    shape(
        "four blanks a level",
        "defaultConfig:\n    statusPort: 15020\n",
        ALLOW,
        To("defaultConfig:\n    statusPort: 15020\noutboundTrafficPolicy:\n    mode: @\n"),
    ),
    shape(
        "everything indented",
        "  trustDomain: td\n  defaultConfig:\n     statusPort: 15020\n",
        ALLOW,
        To(
            "  trustDomain: td\n  defaultConfig:\n     statusPort: 15020\n  outboundTrafficPolicy:\n     mode: @\n",
        ),
    ),
    shape(
        "lines end with CR LF",
        "trustDomain: td\r\nrootNamespace: istio-system\r\n",
        ALLOW,
        To("trustDomain: td\r\nrootNamespace: istio-system\r\noutboundTrafficPolicy:\r\n  mode: @\r\n"),
    ),
    shape(
        "blanks after the last line end",
        "trustDomain: td\n   ",
        ALLOW,
        To("trustDomain: td\n   \noutboundTrafficPolicy:\n  mode: @"),
    ),
    shape(
        "a comment at the end",
        "trustDomain: td\n# outboundTrafficPolicy:\n#   mode: REGISTRY_ONLY\n",
        ALLOW,
        To(
            "trustDomain: td\n# outboundTrafficPolicy:\n#   mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n  mode: @\n",
        ),
    ),
    shape(
        "an end marker",
        "---\ntrustDomain: td\n...\n# done\n",
        ALLOW,
        To("---\ntrustDomain: td\noutboundTrafficPolicy:\n  mode: @\n...\n# done\n"),
    ),
    shape(
        "a block scalar at the end",
        "accessLogFormat: |\n  %START_TIME%\n\n",
        ALLOW,
        To("accessLogFormat: |\n  %START_TIME%\n\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a block scalar at the end that keeps its line ends",
        "accessLogFormat: |+\n  [X]\n\n",
        ALLOW,
        To("accessLogFormat: |+\n  [X]\n\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a block scalar at the end without a line end",
        "accessLogFormat: |\n  [X]",
        ALLOW,
        Refused("would not say"),
    ),
    shape(
        "a stripped block scalar at the end",
        "accessLogFormat: |-\n  [X]",
        ALLOW,
        To("accessLogFormat: |-\n  [X]\noutboundTrafficPolicy:\n  mode: @"),
    ),
    shape(
        "an anchor elsewhere",
        "defaultServiceExportTo: &all [\"*\"]\ndefaultVirtualServiceExportTo: *all\n",
        ALLOW,
        To(
            "defaultServiceExportTo: &all [\"*\"]\ndefaultVirtualServiceExportTo: *all\noutboundTrafficPolicy:\n  mode: @\n",
        ),
    ),
    shape(
        "the same keys at other places",
        "defaultConfig:\n  proxyMetadata:\n    mode: REGISTRY_ONLY\n    outboundTrafficPolicy: REGISTRY_ONLY\n",
        ALLOW,
        To(
            "defaultConfig:\n  proxyMetadata:\n    mode: REGISTRY_ONLY\n    outboundTrafficPolicy: REGISTRY_ONLY\noutboundTrafficPolicy:\n  mode: @\n",
        ),
    ),
    shape(
        "the key in other letters is another key",
        "OutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        ALLOW,
        To("OutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "JSON",
        "{\"trustDomain\": \"td\"}",
        ALLOW,
        To("{\"outboundTrafficPolicy\": {\"mode\": \"@\"}, \"trustDomain\": \"td\"}"),
    ),
    shape(
        "JSON over several lines",
        "{\n  \"trustDomain\": \"td\"\n}\n",
        ALLOW,
        To("{\n  \"outboundTrafficPolicy\": {\"mode\": \"@\"}, \"trustDomain\": \"td\"\n}\n"),
    ),
    // --- the mode is there
    shape(
        "a mode as the documentation has it",
        "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a mode in the middle, with comments",
        "trustDomain: td\noutboundTrafficPolicy: # ours\n  # set by the platform team\n  mode: ALLOW_ANY # see OPS-17\nrootNamespace: istio-system\n",
        ALLOW,
        To(
            "trustDomain: td\noutboundTrafficPolicy: # ours\n  # set by the platform team\n  mode: @ # see OPS-17\nrootNamespace: istio-system\n",
        ),
    ),
    shape(
        "a mode with CR LF",
        "outboundTrafficPolicy:\r\n  mode: REGISTRY_ONLY\r\ntrustDomain: td\r\n",
        REGISTRY,
        To("outboundTrafficPolicy:\r\n  mode: @\r\ntrustDomain: td\r\n"),
    ),
    shape(
        "a mode without a last line end",
        "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: @"),
    ),
    shape(
        "double quotes",
        "outboundTrafficPolicy:\n  mode: \"REGISTRY_ONLY\"\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: \"@\"\n"),
    ),
    shape(
        "single quotes",
        "'outboundTrafficPolicy':\n  'mode': 'ALLOW_ANY'\n",
        ALLOW,
        To("'outboundTrafficPolicy':\n  'mode': '@'\n"),
    ),
    shape(
        "braces",
        "outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n",
        REGISTRY,
        To("outboundTrafficPolicy: {mode: @}\n"),
    ),
    shape(
        "all in JSON",
        "{\"outboundTrafficPolicy\":{\"mode\":\"REGISTRY_ONLY\"},\"trustDomain\":\"td\"}",
        REGISTRY,
        To("{\"outboundTrafficPolicy\":{\"mode\":\"@\"},\"trustDomain\":\"td\"}"),
    ),
    shape(
        "the name in the proto",
        "outbound_traffic_policy:\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        To("outbound_traffic_policy:\n  mode: @\n"),
    ),
    shape(
        "odd indentation and blanks",
        "outboundTrafficPolicy:   \n       mode:    REGISTRY_ONLY   \n",
        REGISTRY,
        To("outboundTrafficPolicy:   \n       mode:    @   \n"),
    ),
    shape(
        "the value on a line of its own",
        "outboundTrafficPolicy:\n  mode:\n    REGISTRY_ONLY\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode:\n    @\n"),
    ),
    shape(
        "a byte order mark",
        "\u{feff}outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        To("\u{feff}outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a byte order mark and no policy",
        "\u{feff}trustDomain: td\n",
        ALLOW,
        To("\u{feff}trustDomain: td\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "letters of more than one byte before it",
        "accessLogFormat: zażółć # gęślą 😀\noutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        To("accessLogFormat: zażółć # gęślą 😀\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a document between markers",
        "---\noutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n...\n",
        REGISTRY,
        To("---\noutboundTrafficPolicy:\n  mode: @\n...\n"),
    ),
    shape(
        "question marks",
        "? outboundTrafficPolicy\n: ? mode\n  : REGISTRY_ONLY\n",
        REGISTRY,
        To("? outboundTrafficPolicy\n: ? mode\n  : @\n"),
    ),
    shape(
        "tabs around the value",
        "outboundTrafficPolicy:\n  mode:\tREGISTRY_ONLY\t# now\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode:\t@\t# now\n"),
    ),
    shape(
        "TLS beside the mode stays",
        "outboundTrafficPolicy:\n  mode: ALLOW_ANY_DYNAMIC_DNS\n  tls:\n    mode: SIMPLE\n    sni: x.example\n",
        DYNAMIC,
        To("outboundTrafficPolicy:\n  mode: @\n  tls:\n    mode: SIMPLE\n    sni: x.example\n"),
    ),
    shape(
        "a duplicate key elsewhere",
        "trustDomain: a\ntrustDomain: b\noutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        To("trustDomain: a\ntrustDomain: b\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a member that nobody knows",
        "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n  since: 2026\nfuture: 1\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: @\n  since: 2026\nfuture: 1\n"),
    ),
    // --- the policy without a mode is REGISTRY_ONLY
    shape(
        "an empty policy",
        "outboundTrafficPolicy: {}\n",
        REGISTRY,
        To("outboundTrafficPolicy: {mode: @}\n"),
    ),
    shape(
        "an empty policy in JSON",
        "{\"outboundTrafficPolicy\":{}}",
        REGISTRY,
        To("{\"outboundTrafficPolicy\":{\"mode\": \"@\"}}"),
    ),
    shape(
        "a policy with TLS only",
        "outboundTrafficPolicy:\n    tls: {}\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n    mode: @\n    tls: {}\n"),
    ),
    shape(
        "a policy with TLS only, in braces",
        "outboundTrafficPolicy: { tls: {} }\n",
        REGISTRY,
        To("outboundTrafficPolicy: { mode: @, tls: {} }\n"),
    ),
    shape(
        "the mode is null",
        "outboundTrafficPolicy:\n  mode: null\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "the mode is nothing",
        "outboundTrafficPolicy:\n  mode: # to be decided\ntrustDomain: td\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: @ # to be decided\ntrustDomain: td\n"),
    ),
    // --- the policy is null
    shape(
        "the policy is null",
        "outboundTrafficPolicy: null\n",
        ALLOW,
        To("outboundTrafficPolicy: {mode: @}\n"),
    ),
    shape(
        "the policy is nothing",
        "outboundTrafficPolicy:\ntrustDomain: td\n",
        ALLOW,
        To("outboundTrafficPolicy:\n  mode: @\ntrustDomain: td\n"),
    ),
    shape(
        "the policy is nothing but a comment",
        "defaultConfig:\n   statusPort: 1\noutboundTrafficPolicy: # later\n   # mode: X\n",
        ALLOW,
        To("defaultConfig:\n   statusPort: 1\noutboundTrafficPolicy: # later\n   mode: @\n   # mode: X\n"),
    ),
    shape(
        "the policy is nothing, without a line end",
        "outboundTrafficPolicy:",
        ALLOW,
        To("outboundTrafficPolicy:\n  mode: @"),
    ),
    shape(
        "the policy is nothing, in braces",
        "{outboundTrafficPolicy: , trustDomain: td}",
        ALLOW,
        Refused("no obvious place"),
    ),
    // --- numbers
    shape(
        "zero",
        "outboundTrafficPolicy:\n  mode: 0\n",
        REGISTRY,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "one",
        "outboundTrafficPolicy:\n  mode: 1\n",
        ALLOW,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "three",
        "outboundTrafficPolicy: {mode: 3}\n",
        DYNAMIC,
        To("outboundTrafficPolicy: {mode: @}\n"),
    ),
    shape(
        "a number without a name",
        "outboundTrafficPolicy:\n  mode: 2\n",
        Mode("2"),
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a number below zero",
        "outboundTrafficPolicy:\n  mode: -7\n",
        Mode("-7"),
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a number in hexadecimal",
        "outboundTrafficPolicy:\n  mode: 0x1\n",
        ALLOW,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a number with a point",
        "outboundTrafficPolicy:\n  mode: 1.0\n",
        ALLOW,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a number in octal",
        "outboundTrafficPolicy:\n  mode: 01\n",
        ALLOW,
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "half a mode",
        "outboundTrafficPolicy:\n  mode: 1.5\n",
        Nothing("not the name or the number"),
        Refused("not the name or the number"),
    ),
    shape(
        "a number too large",
        "outboundTrafficPolicy:\n  mode: 4294967296\n",
        Nothing("not the name or the number"),
        Refused("not the name or the number"),
    ),
    shape(
        "a number in quotes is a name",
        "outboundTrafficPolicy:\n  mode: \"1\"\n",
        Unknown("1"),
        To("outboundTrafficPolicy:\n  mode: \"@\"\n"),
    ),
    // --- names that nobody knows
    shape(
        "a mode of the future",
        "outboundTrafficPolicy:\n  mode: ALLOW_SOME\n",
        Unknown("ALLOW_SOME"),
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "the mode that Istio has given up",
        "outboundTrafficPolicy:\n  mode: VIRTUAL_SERVICE_ONLY\n",
        Unknown("VIRTUAL_SERVICE_ONLY"),
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "small letters are another name",
        "outboundTrafficPolicy:\n  mode: allow_any\n",
        Unknown("allow_any"),
        To("outboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "an empty name",
        "outboundTrafficPolicy:\n  mode: \"\"\n",
        Unknown(""),
        To("outboundTrafficPolicy:\n  mode: \"@\"\n"),
    ),
    // --- not edited
    shape(
        "the policy twice",
        "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n  mode: ALLOW_ANY\n",
        ALLOW,
        Refused("more than once"),
    ),
    shape(
        "the policy under both names",
        "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\noutbound_traffic_policy:\n  mode: ALLOW_ANY\n",
        REGISTRY,
        Refused("more than once"),
    ),
    shape(
        "null under one name hides the other",
        "outbound_traffic_policy:\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n",
        ALLOW,
        Refused("more than once"),
    ),
    shape(
        "the mode twice",
        "outboundTrafficPolicy:\n  mode: ALLOW_ANY\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        Refused("more than once"),
    ),
    shape(
        "an alias for the policy",
        "x: &p\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy: *p\n",
        REGISTRY,
        Refused("alias"),
    ),
    shape(
        "an alias for the mode",
        "x: &m ALLOW_ANY\noutboundTrafficPolicy:\n  mode: *m\n",
        ALLOW,
        Refused("alias"),
    ),
    shape(
        "an anchor on the mode",
        "outboundTrafficPolicy:\n  mode: &m REGISTRY_ONLY\nx: *m\n",
        REGISTRY,
        Refused("anchor"),
    ),
    shape(
        "an anchor on the policy",
        "outboundTrafficPolicy: &p\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        Refused("anchor"),
    ),
    shape(
        "a merge key brings the policy",
        "x: &x\n  outboundTrafficPolicy:\n    mode: REGISTRY_ONLY\n<<: *x\n",
        REGISTRY,
        Refused("<<"),
    ),
    shape(
        "a merge key brings the mode",
        "x: &x\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n  <<: *x\n",
        REGISTRY,
        Refused("<<"),
    ),
    shape(
        "a merge key behind the mode wins",
        "x: &x\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n  mode: ALLOW_ANY\n  <<: *x\n",
        REGISTRY,
        Refused("<<"),
    ),
    shape(
        "a merge key before the mode does not",
        "x: &x\n  mode: REGISTRY_ONLY\noutboundTrafficPolicy:\n  <<: *x\n  mode: ALLOW_ANY\n",
        ALLOW,
        Refused("<<"),
    ),
    shape(
        "several merged, the first wins",
        "x: &x\n  mode: REGISTRY_ONLY\ny: &y\n  mode: ALLOW_ANY\noutboundTrafficPolicy:\n  <<: [*y, *x]\n",
        ALLOW,
        Refused("<<"),
    ),
    shape(
        "merged at second hand",
        "x: &x\n  mode: REGISTRY_ONLY\ny: &y\n  <<: *x\noutboundTrafficPolicy:\n  <<: *y\n",
        TooOdd("<<"),
        Refused("<<"),
    ),
    shape(
        "a tag on the mode",
        "outboundTrafficPolicy:\n  mode: !!str REGISTRY_ONLY\n",
        REGISTRY,
        Refused("tag"),
    ),
    shape(
        "a number by its tag",
        "outboundTrafficPolicy:\n  mode: !!int \"1\"\n",
        ALLOW,
        Refused("tag"),
    ),
    shape(
        "a name by its tag",
        "outboundTrafficPolicy:\n  mode: !!str 1\n",
        Unknown("1"),
        Refused("tag"),
    ),
    shape(
        "a tag on the policy",
        "outboundTrafficPolicy: !!map\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        Refused("tag"),
    ),
    shape(
        "a mode as a stripped block",
        "outboundTrafficPolicy:\n  mode: |-\n    REGISTRY_ONLY\n",
        REGISTRY,
        Refused("several lines"),
    ),
    shape(
        "a mode as a block has a line end",
        "outboundTrafficPolicy:\n  mode: |\n    REGISTRY_ONLY\n",
        Unknown("REGISTRY_ONLY\n"),
        Refused("several lines"),
    ),
    shape(
        "quotes over two lines",
        "outboundTrafficPolicy:\n  mode: \"REGISTRY\\\n    _ONLY\"\n",
        REGISTRY,
        Refused("several lines"),
    ),
    shape(
        "two documents",
        "trustDomain: a\n---\noutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        ALLOW,
        Refused("more than one"),
    ),
    shape(
        "two documents, the first has it",
        "outboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n---\noutboundTrafficPolicy:\n  mode: ALLOW_ANY\n",
        REGISTRY,
        Refused("more than one"),
    ),
    // --- what Istio does not read
    shape(
        "a list",
        "- outboundTrafficPolicy\n",
        Nothing("not a mapping"),
        Refused("not a mapping"),
    ),
    shape(
        "a word",
        "REGISTRY_ONLY\n",
        Nothing("not a mapping"),
        Refused("not a mapping"),
    ),
    shape(
        "the policy is a word",
        "outboundTrafficPolicy: REGISTRY_ONLY\n",
        Nothing("not a mapping"),
        Refused("not a mapping"),
    ),
    shape(
        "the mode is a list",
        "outboundTrafficPolicy:\n  mode: [REGISTRY_ONLY]\n",
        Nothing("not the name or the number"),
        Refused("not the name or the number"),
    ),
    shape(
        "the mode is yes",
        "outboundTrafficPolicy:\n  mode: yes\n",
        Nothing("not the name or the number"),
        Refused("not the name or the number"),
    ),
    shape(
        "tabs as indentation",
        "outboundTrafficPolicy:\n\tmode: REGISTRY_ONLY\n",
        Nothing("not valid YAML"),
        Refused("not valid YAML"),
    ),
    shape(
        "a brace is missing",
        "outboundTrafficPolicy: {mode: REGISTRY_ONLY\n",
        Nothing("not valid YAML"),
        Refused("not valid YAML"),
    ),
    shape(
        "a Helm template that nobody rendered",
        "outboundTrafficPolicy:\n  mode: {{ .Values.mode }}\n",
        Nothing("not the name or the number"),
        Refused("not the name or the number"),
    ),
    shape(
        "an alias without an anchor",
        "outboundTrafficPolicy: *nowhere\n",
        Nothing("not valid YAML"),
        Refused("not valid YAML"),
    ),
    shape(
        "a control character",
        "trustDomain: \u{1}\n",
        Nothing("U+0001"),
        Refused("U+0001"),
    ),
    shape(
        "YAML 1.2 by directive",
        "%YAML 1.2\n---\ntrustDomain: td\n",
        Nothing("YAML 1.2"),
        Refused("YAML 1.2"),
    ),
    shape(
        "YAML 1.1 by directive",
        "%YAML 1.1\n---\noutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n",
        REGISTRY,
        To("%YAML 1.1\n---\noutboundTrafficPolicy:\n  mode: @\n"),
    ),
    shape(
        "a line end that only YAML 1.1 has",
        "# comment\u{2028}outboundTrafficPolicy: {}\n",
        TooOdd("U+2028"),
        Refused("U+2028"),
    ),
];

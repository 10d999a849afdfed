//! What properties are tried with.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use domain::{Cidr, Cidrs, Field, InstallValues, Kind, Port, PortRange, Ports, Traffic, Value};
use proptest::{collection, option, prelude::*, sample};

pub(crate) fn field() -> impl Strategy<Value = Field> {
    sample::select(&Field::ALL[..])
}

pub(crate) fn port() -> impl Strategy<Value = Port> {
    let number = prop_oneof![1..=u16::MAX, 1..=100_u16, Just(15020), Just(15021), Just(15090)];
    number.prop_map(|number| Port::new(number).expect("not zero"))
}

pub(crate) fn range() -> impl Strategy<Value = PortRange> {
    (port(), prop_oneof![Just(0), 0..=20_u16]).prop_map(|(first, more)| {
        let last = Port::new(first.get().saturating_add(more)).expect("not zero");
        PortRange::new(first, last).expect("not reversed")
    })
}

/// Few enough that their sizes never exceed the limit.
pub(crate) fn ranges() -> impl Strategy<Value = Vec<PortRange>> {
    collection::vec(range(), 0..=12)
}

pub(crate) fn ports() -> impl Strategy<Value = Ports> {
    ranges().prop_map(|ranges| Ports::new(ranges).expect("few"))
}

pub(crate) fn cidr() -> impl Strategy<Value = Cidr> {
    let v4 = (any::<u32>(), 0..=32_u8).prop_map(|(bits, prefix)| (IpAddr::V4(Ipv4Addr::from(bits)), prefix));
    let v6 =
        (any::<u128>(), 0..=128_u8).prop_map(|(bits, prefix)| (IpAddr::V6(Ipv6Addr::from(bits)), prefix));
    let near =
        (0..=8_u32, 24..=32_u8).prop_map(|(bits, prefix)| (IpAddr::V4(Ipv4Addr::from(bits << 6)), prefix));
    prop_oneof![v4, v6, near].prop_filter_map("IPv4 in IPv6 form", |(address, prefix)| {
        Cidr::new(address, prefix).ok()
    })
}

pub(crate) fn cidrs() -> impl Strategy<Value = Cidrs> {
    collection::vec(cidr(), 0..=8).prop_map(|ranges| Cidrs::new(ranges).expect("few"))
}

pub(crate) fn value(field: Field) -> BoxedStrategy<Value> {
    let list = match field.kind() {
        Kind::Ports => collection::vec(range(), 0..=4)
            .prop_map(|ranges| Value::Ports(Ports::new(ranges).expect("few")))
            .boxed(),
        Kind::Cidrs => collection::vec(cidr(), 0..=3)
            .prop_map(|ranges| Value::Cidrs(Cidrs::new(ranges).expect("few")))
            .boxed(),
    };
    let empty = Just(Value::empty(field));
    if field.takes_wildcard() {
        prop_oneof![3 => list, 1 => empty, 1 => Just(Value::All)].boxed()
    } else {
        prop_oneof![3 => list, 1 => empty].boxed()
    }
}

pub(crate) fn field_and_value() -> impl Strategy<Value = (Field, Value)> {
    field().prop_flat_map(|field| (Just(field), value(field)))
}

pub(crate) fn traffic() -> impl Strategy<Value = Traffic> {
    let each: Vec<_> = Field::ALL
        .into_iter()
        .map(|field| option::of(value(field)))
        .collect();
    each.prop_map(|values| {
        let mut traffic = Traffic::default();
        for (field, value) in Field::ALL.into_iter().zip(values) {
            if let Some(value) = value {
                traffic.set(field, value).expect("made for the field");
            }
        }
        traffic
    })
}

/// What people put into annotations and install values: right, nearly right, and anything.
pub(crate) fn written(field: Field) -> impl Strategy<Value = String> {
    prop_oneof![3 => value(field).prop_map(|value| value.to_istio()), 2 => almost(), 1 => any::<String>()]
}

/// Texts of the letters that ports and addresses are made of.
pub(crate) fn almost() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9*,:/.xa-f% \t+-]{0,24}",
        "[0-9]{1,6}(-[0-9]{1,6})?",
        "[ ]?[0-9]{1,3}(\\.[0-9]{1,3}){3}(/[0-9]{1,3})?"
    ]
}

/// Annotations of a pod: some of the six, perhaps the status port, and something else.
pub(crate) fn annotations() -> impl Strategy<Value = BTreeMap<String, String>> {
    let each: Vec<_> = Field::ALL
        .into_iter()
        .map(|field| option::weighted(0.3, written(field)))
        .collect();
    let status = option::weighted(0.2, sample::select(vec!["15020", "0", "", " 123 ", "80"]));
    (each, status, any::<bool>()).prop_map(|(texts, status, other)| {
        let pairs = Field::ALL.into_iter().zip(texts);
        let mut annotations: BTreeMap<String, String> = pairs
            .filter_map(|(field, text)| Some((field.annotation().to_owned(), text?)))
            .collect();
        annotations.extend(status.map(|port| ("status.sidecar.istio.io/port".to_owned(), port.to_owned())));
        annotations.extend(other.then(|| ("example.com/owner".to_owned(), "shop".to_owned())));
        annotations
    })
}

pub(crate) fn install() -> impl Strategy<Value = InstallValues> {
    let each: Vec<_> = Field::ALL
        .into_iter()
        .map(|field| {
            let built_in = Just(field.built_in().to_owned()).prop_map(Some);
            prop_oneof![4 => built_in, 3 => written(field).prop_map(Some), 1 => Just(None)]
        })
        .collect();
    (
        each,
        prop_oneof![Just(15020_u32), Just(0), Just(80)],
        any::<bool>(),
    )
        .prop_map(|(texts, status_port, cni)| {
            let mut install = InstallValues::default();
            for (field, text) in Field::ALL.into_iter().zip(texts) {
                install.set(field, text);
            }
            install.status_port = status_port;
            install.cni_enabled = cni;
            install
        })
}

/// The levels of a pod except its annotations, owned.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) install: InstallValues,
    pub(crate) global: Option<Traffic>,
    pub(crate) namespace: Option<Traffic>,
    pub(crate) workloads: Vec<(String, i32, Traffic)>,
}

impl Stack {
    pub(crate) fn levels<'a>(&'a self, pod: &'a BTreeMap<String, String>) -> domain::Levels<'a> {
        let workloads = self.workloads.iter();
        domain::Levels {
            install: &self.install,
            global: self.global.as_ref(),
            namespace: self.namespace.as_ref(),
            workloads: workloads
                .map(|(name, priority, traffic)| domain::WorkloadLayer {
                    name,
                    priority: *priority,
                    traffic,
                })
                .collect(),
            pod,
        }
    }
}

pub(crate) fn stack() -> impl Strategy<Value = Stack> {
    let workloads = collection::btree_map("[a-d]", (-1..=1_i32, traffic()), 0..=3);
    (install(), option::of(traffic()), option::of(traffic()), workloads).prop_map(
        |(install, global, namespace, workloads)| Stack {
            install,
            global,
            namespace,
            workloads: workloads
                .into_iter()
                .map(|(name, (priority, traffic))| (name, priority, traffic))
                .collect(),
        },
    )
}

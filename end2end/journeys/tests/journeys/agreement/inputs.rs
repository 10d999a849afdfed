//! Good and bad inputs: tables of what people write, and seeded mutations.

use domain::Field;
use fastrand::Rng;
use serde_json::{Value, json};

use journeys::random;

/// A setting as somebody would write it.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) in_root: bool,
    pub(super) name: String,
    pub(super) spec: Value,
}

fn of_field(field: Field, items: &Value) -> Input {
    named("default", json!({ "traffic": { field.name(): items } }))
}

pub(super) fn named(name: &str, spec: Value) -> Input {
    Input {
        in_root: false,
        name: name.to_owned(),
        spec,
    }
}

/// Items of port fields: the good ones first.
const PORTS: [&[&str]; 76] = [
    &[],
    &["80"],
    &["1"],
    &["65535"],
    &["80", "443"],
    &["80", "80"],
    &["7001", "7002", "7005"],
    &["9000-9010"],
    &["80-80"],
    &["1-256"],
    &["65280-65535"],
    &["1-128", "1001-1128"],
    &[" 80"],
    &["80 "],
    &["\t80\t"],
    &[" \t 9000-9010 \t"],
    &[" *"],
    &["*"],
    &["* "],
    &["\t*\t"],
    // From here on something is wrong, in some fields at least.
    &["*", "80"],
    &["80", "*"],
    &["*", "*"],
    &["**"],
    &[""],
    &[" "],
    &["\t"],
    &["80", ""],
    &["0"],
    &["00"],
    &["0-5"],
    &["65536"],
    &["65535-65536"],
    &["99999"],
    &["100000"],
    &["4294967376"],
    &["18446744073709551696"],
    &["80000000000000000000000000000000000000000000000000000000000"],
    &["080"],
    &["0080"],
    &["0x50"],
    &["0o120"],
    &["80-090"],
    &["1e2"],
    &["8_0"],
    &["80.0"],
    &["-80"],
    &["+80"],
    &["- 80"],
    &["80-"],
    &["-"],
    &["80-90-100"],
    &["80--90"],
    &["90-80"],
    &["80 -90"],
    &["80- 90"],
    &["80 - 90"],
    &["80:90"],
    &["80,90"],
    &["80;90"],
    &["80 90"],
    &["80/90"],
    &["1-257"],
    &["1-65535"],
    &["1-200", "301-400"],
    &["1-256", "1"],
    &["http"],
    &["http-alt"],
    &["80\n"],
    &["\n80"],
    &["80\r\n"],
    &["8\u{0}0"],
    &["80\u{a0}"],
    &["\u{a0}80"],
    &["８０"],
    &["٨٠"],
];

/// Items of address fields.
const CIDRS: [&[&str]; 86] = [
    &[],
    &["10.0.0.0/8"],
    &["47.100.20.144/32"],
    &["0.0.0.0/0"],
    &["255.255.255.255/32"],
    &["10.0.0.1"],
    &["10.1.2.3/8"],
    &["10.0.0.0/8", "10.0.0.0/8"],
    &["10.0.0.0/8", "2001:db8::/32"],
    &["2001:db8::/32"],
    &["2001:DB8::/32"],
    &["2001:db8::1"],
    &["2001:db8::1/32"],
    &["::/0"],
    &["::1/128"],
    &["::"],
    &["1:2:3:4:5:6:7:8/64"],
    &["fe80::/10"],
    &["127.0.0.0/8"],
    &[" 10.0.0.0/8"],
    &["10.0.0.0/8\t"],
    &["*"],
    &[" * "],
    &["64:ff9b::/96"],
    &["::1.2.3.4/128"],
    &["2001:db8::1.2.3.4"],
    &["0:0:0:0:0:0:0:0/0"],
    &["::ffff:0:1.2.3.4"],
    &["2001:0db8:0000:0000:0000:0000:0000:0001/128"],
    // From here on something is wrong, in some fields at least.
    &["*", "10.0.0.0/8"],
    &["10.0.0.0/8", "*"],
    &["*/0"],
    &["*.*.*.*"],
    &[""],
    &[" "],
    &["10.0.0.0/8", ""],
    &["10.0.0.0/33"],
    &["10.0.0.0/129"],
    &["10.0.0.0/256"],
    &["10.0.0.0/99999999999999999999"],
    &["2001:db8::/129"],
    &["10.0.0.0/"],
    &["10.0.0.0/ 8"],
    &["10.0.0.0 /8"],
    &["10.0.0.0/+8"],
    &["10.0.0.0/-8"],
    &["10.0.0.0/08"],
    &["10.0.0.0/00"],
    &["2001:db8::/032"],
    &["10.0.0.0/8/8"],
    &["10.0.0.0/255.0.0.0"],
    &["/8"],
    &["10.0.0/8"],
    &["10.0.0.0.0/8"],
    &["10"],
    &["167772160"],
    &["256.0.0.0/8"],
    &["010.0.0.0/8"],
    &["10.00.0.0/8"],
    &["0x0a.0.0.0/8"],
    &["10.0.0.-1/8"],
    &["10.0.0.0-10.0.0.9"],
    &["10.0.0.0/8,11.0.0.0/8"],
    &["10.0.0.0/8 11.0.0.0/8"],
    &["47.XX.XX.144/32"],
    &["47.xx.xx.144/32"],
    &["47.*.*.144/32"],
    &["::ffff:10.0.0.1"],
    &["::ffff:10.0.0.0/104"],
    &["::ffff:a00:1/128"],
    &["0:0:0:0:0:ffff:10.0.0.1"],
    &["::ffff:0.0.0.0/96"],
    &["::ffff:0:0/95"],
    &["fe80::1%eth0"],
    &["fe80::1%eth0/64"],
    &["2001:db8::/32%"],
    &["2001:db8:::/32"],
    &["2001::db8::/32"],
    &["12345::/16"],
    &["g::/16"],
    &["[2001:db8::]/32"],
    &["example.com"],
    &["localhost"],
    &["10.0.0.0/8\n"],
    &["10.0.0.0/8\u{a0}"],
    &["１０.0.0.0/8"],
];

/// Whole specs, and where they stand.
pub(super) fn shapes() -> Vec<Input> {
    let cart = json!({ "matchLabels": { "app": "cart" } });
    let mut inputs = vec![
        named("default", json!({ "traffic": {} })),
        named("default", json!({})),
        named("default", json!({ "traffic": null })),
        named("default", json!({ "traffic": [] })),
        named("default", json!({ "traffic": "x" })),
        named("default", json!({ "traffic": {}, "more": 1 })),
        named("default", json!({ "traffic": { "excludeInboundPort": ["80"] } })),
        named("default", json!({ "traffic": { "ExcludeInboundPorts": ["80"] } })),
        named("default", json!({ "traffic": { "excludeInterfaces": ["eth0"] } })),
        named("default", json!({ "traffic": {}, "selector": cart })),
        named("default", json!({ "traffic": {}, "selector": {} })),
        named("default", json!({ "traffic": {}, "selector": null })),
        named("cart", json!({ "traffic": {} })),
        named("cart", json!({ "selector": cart })),
        named("cart", json!({ "traffic": {}, "selector": cart })),
        named("cart", json!({ "traffic": {}, "selector": null })),
        named("cart", json!({ "traffic": {}, "selector": {} })),
        named("cart", json!({ "traffic": {}, "selector": [] })),
        named(
            "cart",
            json!({ "traffic": {}, "selector": { "matchExpressions": [] } }),
        ),
        named(
            "cart",
            json!({ "traffic": {}, "selector": { "matchLabels": { "app": "x" }, "matchExpressions": [] } }),
        ),
    ];
    for priority in [
        json!(0),
        json!(-1),
        json!(1_000_000),
        json!(i32::MAX),
        json!(i32::MIN),
        json!(i64::from(i32::MAX) + 1),
        json!(i64::from(i32::MIN) - 1),
        json!(1.5),
        json!("1"),
        json!(true),
        json!([]),
    ] {
        inputs.push(named(
            "cart",
            json!({ "traffic": {}, "selector": cart, "priority": priority }),
        ));
    }
    for name in [
        "a", "0", "cart.v1", "a-b", "Cart", "-a", "a-", "a..b", ".a", "a_b", "a b", "a/b", "é", "",
    ] {
        inputs.push(named(name, json!({ "traffic": {}, "selector": cart })));
        inputs.push(named(name, json!({ "traffic": {} })));
    }
    for length in [63, 64, 253, 254] {
        inputs.push(named(
            &"n".repeat(length),
            json!({ "traffic": {}, "selector": cart }),
        ));
    }
    for name in ["default", "cart"] {
        for spec in [
            json!({ "traffic": {} }),
            json!({ "traffic": {}, "selector": cart }),
        ] {
            inputs.push(Input {
                in_root: true,
                ..named(name, spec)
            });
        }
    }
    inputs
}

fn selecting(labels: &Value) -> Input {
    named(
        "cart",
        json!({ "traffic": {}, "selector": { "matchLabels": labels } }),
    )
}

/// Selectors, by their labels.
pub(super) fn selectors() -> Vec<Input> {
    let mut labels = vec![
        json!({}),
        json!(null),
        json!([]),
        json!({ "app": 1 }),
        json!({ "app": null }),
        json!({ "app": "" }),
        json!({ "app": "x y" }),
        json!({ "app": "-x" }),
        json!({ "app": "x-" }),
        json!({ "app": "X.y_z-1" }),
        json!({ "app": "é" }),
        json!({ "app": "x\n" }),
        json!({ "app": "a".repeat(63) }),
        json!({ "app": "a".repeat(64) }),
        json!({ "": "x" }),
        json!({ "a b": "x" }),
        json!({ "app.kubernetes.io/name": "x" }),
        json!({ "App_1.x": "x" }),
        json!({ "A.io/x": "x" }),
        json!({ "/x": "x" }),
        json!({ "x/": "x" }),
        json!({ "a/b/c": "x" }),
        json!({ "a..b/c": "x" }),
        json!({ "-a": "x" }),
        json!({ "a-": "x" }),
        json!({ "a\n": "x" }),
        json!({ "é": "x" }),
        json!({ "app": "x", "tier": "y" }),
    ];
    for length in [63, 64] {
        labels.push(json!({ "k".repeat(length): "x" }));
        labels.push(json!({ format!("example.com/{}", "k".repeat(length)): "x" }));
    }
    for length in [253, 254] {
        labels.push(json!({ format!("{}/k", "p".repeat(length)): "x" }));
        labels.push(json!({ format!("{}/{}", "p".repeat(length), "k".repeat(63)): "x" }));
    }
    for count in [15, 16, 17, 40] {
        let many = (0..count).map(|number| (format!("k{number}"), json!("x")));
        labels.push(Value::Object(many.collect()));
    }
    let mut rng = Rng::with_seed(5);
    for _ in 0..300 {
        let (mut key, mut value) = ("app.kubernetes.io/name".to_owned(), "cart-v1.2_b".to_owned());
        for _ in 0..rng.u8(0..=2) {
            key = random::mutated(&mut rng, &key);
        }
        for _ in 0..rng.u8(0..=2) {
            value = random::mutated(&mut rng, &value);
        }
        labels.push(json!({ key: value }));
    }
    labels.iter().map(selecting).collect()
}

pub(super) fn values() -> Vec<Input> {
    let mut inputs = Vec::new();
    for field in Field::ALL {
        let (own, other): (&[&[&str]], &[&[&str]]) = match field.kind() {
            domain::Kind::Ports => (&PORTS, &CIDRS[..4]),
            domain::Kind::Cidrs => (&CIDRS, &PORTS[..6]),
        };
        inputs.extend(
            own.iter()
                .chain(other)
                .map(|items| of_field(field, &json!(items))),
        );
        for odd in [
            json!([null]),
            json!("80"),
            json!(80),
            json!([80]),
            json!([["80"]]),
            json!({}),
            json!(true),
            json!(["80", 81]),
        ] {
            inputs.push(of_field(field, &odd));
        }
        let item = if field.kind() == domain::Kind::Ports {
            "80"
        } else {
            "10.0.0.0/8"
        };
        for count in [255, 256, 257, 300] {
            inputs.push(of_field(field, &json!(vec![item; count])));
        }
        for length in [63, 64, 65, 80] {
            inputs.push(of_field(field, &json!([format!("{item:>length$}")])));
            inputs.push(of_field(field, &json!([format!("{item:<length$}")])));
            inputs.push(of_field(field, &json!([format!("{:<length$}", "*")])));
        }
    }
    inputs
}

/// Good items with something changed: where the two could part.
pub(super) fn mutations() -> Vec<Input> {
    let mut rng = Rng::with_seed(4);
    let mut inputs = Vec::new();
    while inputs.len() < 900 {
        let field = *rng.choice(&Field::ALL).expect("there are six");
        let mut items = random::items(&mut rng, field);
        if let Some(one) = items.first_mut() {
            for _ in 0..rng.u8(0..=2) {
                *one = random::mutated(&mut rng, one);
            }
        }
        inputs.push(of_field(field, &json!(items)));
    }
    inputs
}

use super::*;

fn stored(fields: &[(&str, &[&str])]) -> Draft {
    Draft::of(&raw(fields))
}

fn raw(fields: &[(&str, &[&str])]) -> RawTraffic {
    fields
        .iter()
        .map(|(field, items)| {
            (
                (*field).to_owned(),
                items.iter().map(|item| (*item).to_owned()).collect(),
            )
        })
        .collect()
}

fn typed(field: Field, text: &str) -> Draft {
    let mut draft = Draft::default();
    let entry = draft.get_mut(field);
    entry.overridden = true;
    text.clone_into(&mut entry.text);
    draft
}

#[test]
fn what_is_stored_comes_back_as_it_was() {
    let fields = raw(&[
        ("excludeInboundPorts", &["7001", "9000-9010"]),
        ("excludeOutboundPorts", &[]),
    ]);
    let draft = Draft::of(&fields);
    assert_eq!(draft.to_raw(), fields);
    assert!(draft.get(Field::ExcludeInboundPorts).overridden);
    assert!(draft.is_empty(Field::ExcludeOutboundPorts));
    assert!(!draft.get(Field::IncludeInboundPorts).overridden);
    assert!(!draft.is_empty(Field::IncludeInboundPorts));
    assert!(!draft.is_dirty(&draft.clone()));
}

#[test]
fn a_pasted_list_is_split_at_whatever_people_put_between_items() {
    let items: Vec<String> = split(" 7001,7002 ;7003\n7004\r\n\t7005，7006、,,").collect();
    assert_eq!(items, ["7001", "7002", "7003", "7004", "7005", "7006"]);
    assert_eq!(split(" ,; \n").count(), 0);
}

#[test]
fn what_is_typed_and_no_item_yet_counts() {
    let mut draft = typed(Field::ExcludeInboundPorts, "7001 7002");
    assert_eq!(draft.to_raw(), raw(&[("excludeInboundPorts", &["7001", "7002"])]));
    assert!(draft.is_dirty(&Draft::default()));
    assert_eq!(draft.get(Field::ExcludeInboundPorts).uncommitted(), 0..2);
    draft.commit();
    assert_eq!(draft.get(Field::ExcludeInboundPorts).items, ["7001", "7002"]);
    assert_eq!(draft.get(Field::ExcludeInboundPorts).text, "");
    assert_eq!(draft.get(Field::ExcludeInboundPorts).uncommitted(), 2..2);
}

#[test]
fn a_mistake_names_its_item_in_the_words_of_domain() {
    let draft = typed(Field::ExcludeOutboundIPRanges, "10.0.0.0/8, 47.XX.XX.144/32");
    assert_eq!(
        draft.mistakes(Field::ExcludeOutboundIPRanges),
        [Mistake {
            index: Some(1),
            message: "`47.XX.XX.144/32` has digits masked out, as documentation prints addresses: write the real address"
                .to_owned()
        }]
    );
    assert_eq!(draft.wrong(), [Part::Field(Field::ExcludeOutboundIPRanges)]);
}

#[test]
fn a_list_that_is_too_long_is_a_mistake_of_the_list() {
    let draft = typed(Field::ExcludeInboundPorts, "1-65535");
    let mistakes = draft.mistakes(Field::ExcludeInboundPorts);
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].index, None);
}

#[test]
fn a_field_that_inherits_has_no_mistakes_and_is_not_saved_but_keeps_its_items() {
    let mut draft = typed(Field::ExcludeInboundPorts, "http");
    draft.get_mut(Field::ExcludeInboundPorts).overridden = false;
    assert!(draft.wrong().is_empty());
    assert!(draft.to_raw().is_empty());
    assert!(!draft.is_dirty(&Draft::default()));
    assert_eq!(draft.get(Field::ExcludeInboundPorts).text, "http");
}

#[test]
fn the_same_in_another_order_changes_nothing() {
    let base = stored(&[("excludeInboundPorts", &["80", "443"])]);
    assert!(!stored(&[("excludeInboundPorts", &["443", "80"])]).is_dirty(&base));
    assert!(!stored(&[("excludeInboundPorts", &["443", "80", "80"])]).is_dirty(&base));
    assert!(stored(&[("excludeInboundPorts", &["443"])]).is_dirty(&base));
    assert!(stored(&[("excludeInboundPorts", &["443", "80", "http"])]).is_dirty(&base));
    assert!(Draft::default().is_dirty(&base));
}

#[test]
fn inherit_and_explicitly_empty_are_different() {
    let empty = stored(&[("excludeInboundPorts", &[])]);
    assert!(empty.is_dirty(&Draft::default()));
    assert!(Draft::default().is_dirty(&empty));
}

#[test]
fn changes_are_told_in_words() {
    let base = stored(&[("excludeOutboundPorts", &["80"]), ("includeInboundPorts", &["*"])]);
    let draft = stored(&[
        ("excludeInboundPorts", &["7001", "7002"]),
        ("excludeOutboundPorts", &[]),
    ]);
    let told: Vec<String> = draft
        .changes(&base)
        .iter()
        .map(|Change { part, from, to }| {
            format!(
                "{}: {} → {}",
                part.name(),
                words(from.as_ref()),
                words(to.as_ref())
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "includeInboundPorts: * → inherit",
            "excludeInboundPorts: inherit → 7001, 7002",
            "excludeOutboundPorts: 80 → explicitly empty"
        ]
    );
}

#[test]
fn what_will_be_stored_otherwise_than_typed_is_told() {
    let stored_as = |field, text| typed(field, text).normalised(field);
    assert_eq!(
        stored_as(Field::ExcludeOutboundIPRanges, "10.0.0.5/8"),
        Some(vec!["10.0.0.0/8".to_owned()])
    );
    assert_eq!(
        stored_as(Field::ExcludeOutboundIPRanges, "10.0.0.5"),
        Some(vec!["10.0.0.5/32".to_owned()])
    );
    assert_eq!(
        stored_as(Field::ExcludeInboundPorts, "80, 80"),
        Some(vec!["80".to_owned()])
    );
    assert_eq!(stored_as(Field::ExcludeInboundPorts, "443, 80"), None);
    assert_eq!(stored_as(Field::ExcludeInboundPorts, "443, http"), None);
    assert_eq!(stored_as(Field::IncludeInboundPorts, "*"), None);
}

#[test]
fn a_danger_is_asked_about_when_it_is_new() {
    let empty = stored(&[("includeInboundPorts", &[])]);
    assert_eq!(
        empty.cautions(&Draft::default())[0].field,
        Field::IncludeInboundPorts
    );
    assert!(empty.cautions(&empty).is_empty());
    assert!(
        stored(&[("excludeInboundPorts", &[])])
            .cautions(&Draft::default())
            .is_empty()
    );
}

/// The form of a workload setting with these labels and this priority.
fn workload(labels: &[&str], priority: &str) -> Draft {
    let mut draft = Draft::default();
    draft.put(
        Part::Selector,
        labels.iter().map(|label| (*label).to_owned()).collect(),
    );
    draft.put(Part::Priority, vec![priority.to_owned()]);
    draft
}

#[test]
fn a_selector_is_judged_and_compared_by_its_labels() {
    let base = workload(&["app=cart", "tier=web"], "0");
    assert!(!workload(&["tier=web", "app=cart"], "0").is_dirty(&base));
    assert!(workload(&["app=cart"], "0").is_dirty(&base));
    assert!(base.wrong().is_empty());
    assert_eq!(workload(&[], "0").wrong(), [Part::Selector]);
    let mistakes = workload(&["app=cart", "tier"], "0").mistakes(Part::Selector);
    assert_eq!(mistakes[0].index, Some(1));
}

#[test]
fn a_priority_is_one_whole_number() {
    let base = workload(&["app=cart"], "0");
    assert!(!workload(&["app=cart"], "00").is_dirty(&base));
    assert!(workload(&["app=cart"], "-7").is_dirty(&base));
    for wrong in ["high", "1.5", "2147483648", ""] {
        assert_eq!(
            workload(&["app=cart"], wrong).wrong(),
            [Part::Priority],
            "{wrong}"
        );
    }
}

#[test]
fn a_workload_setting_is_saved_with_its_selector_and_priority_and_others_without() {
    let saved = workload(&["app=cart"], "7").to_save();
    assert_eq!(saved.selector.expect("a selector").match_labels["app"], "cart");
    assert_eq!(saved.priority, Some(7));
    let saved = Draft::default().to_save();
    assert_eq!((saved.selector, saved.priority), (None, None));
}

#[test]
fn a_draft_that_was_kept_comes_back_whole() {
    let mut draft = workload(&["app=cart"], "7");
    draft.put(Part::Field(Field::ExcludeInboundPorts), Vec::new());
    assert_eq!(Draft::of_parts(draft.parts()), draft);
}

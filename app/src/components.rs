//! Parts of pages that know Sidestep.

pub(crate) mod access;
pub(crate) mod chips_field;
pub(crate) mod delete_pod;
pub(crate) mod delivery;
pub(crate) mod failure;
pub(crate) mod fields_table;
pub(crate) mod injection;
pub(crate) mod live;
pub(crate) mod load;
pub(crate) mod namespace_choice;
pub(crate) mod namespace_filter;
pub(crate) mod navigation;
pub(crate) mod origin;
pub(crate) mod owner;
pub(crate) mod page;
pub(crate) mod pod_state;
pub(crate) mod pod_table;
pub(crate) mod refusal;
pub(crate) mod remarks;
pub(crate) mod restart;
pub(crate) mod snippet;
pub(crate) mod sort;
pub(crate) mod theme;
pub(crate) mod uncertain;
pub(crate) mod workload;

//! The tests that need more than one crate, in one binary so that it is linked once.

mod attacks;
mod classification;
mod conformance;
mod contract;
mod corpus;
mod forged;
mod generated;
mod hostile;
mod languages;
mod learned;
mod masking;
mod scrub;

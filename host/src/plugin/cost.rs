//! What compiling a component may cost. The compiler cannot be stopped, and does not bound its time and memory by the size
//! of what it is given: 4 KB of components made of two of another each ask for as much as anybody has.
//!
//! So the parts that it works on are counted first. Each bound is several times what the largest plugin seen needs: 18 MB
//! of CPython and its libraries.

use wasmparser::{FunctionBody, Operator, Parser, Payload, Result};

/// How deep components may lie in each other. QuickJS: 4.
const MOST_DEPTH: usize = 16;
/// What is made into instances, counted once for each of whatever contains it. QuickJS: 3,083, by the bound that is counted.
const MOST_INSTANCES: u64 = 16_384;
/// CPython: 13,500. The compiler takes 5 KiB for an empty one.
const MOST_FUNCTIONS: u64 = 100_000;
/// CPython: 6.5 MB.
const MOST_CODE: u64 = 32 << 20;
/// The code of one function. CPython: 427 kB.
const MOST_FUNCTION: usize = 1 << 20;
/// What one function may have of locals times places where each of them may have another value: the ends of blocks, counted
/// once for each loop that they lie in, and the targets of jump tables. CPython: 230,000. 8 KB of 300 loops in each other and
/// as many locals are 14 million, and compile for a minute.
const MOST_WOVEN: u64 = 1 << 20;
/// The same of all functions. CPython: 2.7 million.
const MOST_WOVEN_IN_ALL: u64 = 16 << 20;

/// Whether a component can be compiled in some seconds and some hundred megabytes. Where it is malformed, the compiler
/// says so.
///
/// # Errors
/// What there is too much of.
pub(super) fn check(component: &[u8]) -> std::result::Result<(), &'static str> {
    let mut cost = Cost::default();
    for payload in Parser::new(0).parse_all(component).map_while(Result::ok) {
        cost.add(&payload);
        if let Some(excess) = cost.excess() {
            return Err(excess);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Cost {
    /// The instances of each component and module that the parser is in, the outermost first.
    open: Vec<u64>,
    /// The most instances of a component so far: one that is made into an instance was closed before.
    most: u64,
    functions: u64,
    code: u64,
    largest: usize,
    woven: u64,
    most_woven: u64,
}

impl Cost {
    fn add(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::Version { .. } => self.open.push(1),
            Payload::End(_) => self.most = self.most.max(self.open.pop().unwrap_or_default()),
            Payload::InstanceSection(instances) => self.add_instances(instances.count(), 1),
            Payload::ComponentInstanceSection(instances) => self.add_instances(instances.count(), self.most),
            Payload::CodeSectionEntry(body) => self.add_function(body),
            _ => {}
        }
    }

    fn add_instances(&mut self, count: u32, each: u64) {
        if let Some(open) = self.open.last_mut() {
            *open = open.saturating_add(u64::from(count).saturating_mul(each));
        }
    }

    fn add_function(&mut self, body: &FunctionBody<'_>) {
        let bytes = body.range().len();
        let woven = woven(body).unwrap_or_default();
        self.functions = self.functions.saturating_add(1);
        self.code = self.code.saturating_add(bytes as u64);
        self.largest = self.largest.max(bytes);
        self.woven = self.woven.saturating_add(woven);
        self.most_woven = self.most_woven.max(woven);
    }

    fn excess(&self) -> Option<&'static str> {
        Some(match () {
            () if self.open.len() > MOST_DEPTH => "components lie in each other more than 16 deep",
            () if self.open.last().is_some_and(|open| *open > MOST_INSTANCES) => "it makes more than 16,384 instances",
            () if self.functions > MOST_FUNCTIONS => "it has more than 100,000 functions",
            () if self.code > MOST_CODE => "it has more than 32 MiB of code",
            () if self.largest > MOST_FUNCTION => "a function of it is larger than 1 MiB",
            () if self.most_woven > MOST_WOVEN => "a function of it has too many locals for its blocks",
            () if self.woven > MOST_WOVEN_IN_ALL => "its functions have too many locals for their blocks",
            () => return None,
        })
    }
}

fn woven(body: &FunctionBody<'_>) -> Result<u64> {
    let mut locals = 1_u64;
    for group in body.get_locals_reader()? {
        locals = locals.saturating_add(u64::from(group?.0));
    }
    // Whether each block that is open is a loop, and how many are.
    let (mut open, mut loops, mut places) = (Vec::new(), 0_u64, 0_u64);
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Loop { .. } => {
                open.push(true);
                loops = loops.saturating_add(1);
                places = places.saturating_add(loops);
            }
            Operator::Block { .. } | Operator::If { .. } => {
                open.push(false);
                places = places.saturating_add(loops.max(1));
            }
            Operator::End if open.pop() == Some(true) => loops = loops.saturating_sub(1),
            Operator::BrTable { targets } => places = places.saturating_add(u64::from(targets.len())),
            _ => {}
        }
    }
    Ok(locals.saturating_mul(places))
}

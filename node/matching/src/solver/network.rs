//! The cheapest flow in a network, from a flow that is the cheapest but for some bounds.
//!
//! Arcs that are outside their bounds are set to the nearest bound; what is then too much at one
//! end and too little at the other goes along shortest paths (Edmonds and Karp 1972).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

const FAR: i128 = i128::MAX;

/// A directed graph with a flow. Arc `k` and arc `k ^ 1` are each other's reverse.
#[derive(Debug, Default)]
pub(crate) struct Network {
    to: Vec<u32>,
    /// How much more can flow.
    room: Vec<i64>,
    cost: Vec<i64>,
    /// The arcs that leave each node.
    leaving: Vec<Vec<u32>>,
    surplus: Vec<i64>,
    /// For every arc with room: cost + potential of its tail − potential of its head ≥ 0.
    pub(crate) potential: Vec<i128>,
}

/// An arc to add: its bounds, the cost of a unit, and the flow at the start.
pub(crate) struct Arc {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) cost: i64,
    pub(crate) least: i64,
    pub(crate) most: i64,
    pub(crate) flow: i64,
}

impl Network {
    /// A node with this potential.
    pub(crate) fn node(&mut self, potential: i128) -> u32 {
        self.potential.push(potential);
        self.surplus.push(0);
        self.leaving.push(Vec::new());
        self.leaving.len() as u32 - 1
    }

    /// Adds an arc; its flow is brought within the bounds.
    pub(crate) fn arc(&mut self, arc: Arc) -> usize {
        let flow = arc.flow.clamp(arc.least, arc.most);
        self.surplus[arc.from as usize] += arc.flow - flow;
        self.surplus[arc.to as usize] -= arc.flow - flow;
        let at = self.to.len();
        self.to.extend([arc.to, arc.from]);
        self.room.extend([arc.most - flow, flow - arc.least]);
        self.cost.extend([arc.cost, -arc.cost]);
        self.leaving[arc.from as usize].push(at as u32);
        self.leaving[arc.to as usize].push(at as u32 + 1);
        at
    }

    /// How much flows above an arc's lower bound.
    pub(crate) fn above_least(&self, arc: usize) -> i64 {
        self.room[arc ^ 1]
    }

    /// Sends every surplus to where too little is, as cheaply as can be. False when there is no
    /// way for some of it.
    pub(crate) fn route(&mut self) -> bool {
        let mut distance = vec![FAR; self.leaving.len()];
        let mut via = vec![0u32; self.leaving.len()];
        let (mut settled, mut touched, mut heap) = (Vec::new(), Vec::new(), BinaryHeap::new());
        for source in 0..self.leaving.len() {
            while self.surplus[source] > 0 {
                distance[source] = 0;
                touched.push(source as u32);
                heap.push(Reverse((0, source as u32)));
                let mut target = None;
                while let Some(Reverse((reached, node))) = heap.pop() {
                    if reached > distance[node as usize] {
                        continue;
                    }
                    if self.surplus[node as usize] < 0 {
                        target = Some(node as usize);
                        break;
                    }
                    settled.push(node);
                    for arc in self.leaving[node as usize].iter().map(|arc| *arc as usize) {
                        let head = self.to[arc] as usize;
                        let reduced = i128::from(self.cost[arc]) + self.potential[node as usize] - self.potential[head];
                        if self.room[arc] > 0 && reached + reduced < distance[head] {
                            touched.push(head as u32);
                            distance[head] = reached + reduced;
                            via[head] = arc as u32;
                            heap.push(Reverse((distance[head], head as u32)));
                        }
                    }
                }
                let Some(target) = target else { return false };
                for node in settled.drain(..).map(|node: u32| node as usize) {
                    self.potential[node] += distance[node] - distance[target];
                }
                self.push(source, target, &via);
                touched.drain(..).for_each(|node: u32| distance[node as usize] = FAR);
                heap.clear();
            }
        }
        true
    }

    /// As much as fits along the path that was found.
    fn push(&mut self, source: usize, target: usize, via: &[u32]) {
        let mut amount = self.surplus[source].min(-self.surplus[target]);
        let mut node = target;
        while node != source {
            amount = amount.min(self.room[via[node] as usize]);
            node = self.to[via[node] as usize ^ 1] as usize;
        }
        node = target;
        while node != source {
            self.room[via[node] as usize] -= amount;
            self.room[via[node] as usize ^ 1] += amount;
            node = self.to[via[node] as usize ^ 1] as usize;
        }
        self.surplus[source] -= amount;
        self.surplus[target] += amount;
    }
}

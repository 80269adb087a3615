//! The rota: every date in a round, nobody twice in one round, no more rounds than there must be.
//!
//! Dates are the edges of a bipartite graph and rounds are its colours. As many rounds as the
//! busiest person has dates, or as fit the tables, are always enough (Kőnig; equitable colourings
//! of McDiarmid and de Werra), and fewer never are: so a plan of that length is proven minimal.

use std::collections::{BTreeMap, BTreeSet};

/// A newcomer and a mentor who are to meet, by the caller's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The newcomer.
    pub newcomer: u32,
    /// The mentor.
    pub mentor: u32,
}

/// Rounds of dates that take place at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rota {
    /// By round, sorted; the place in a round is the table, from 0.
    pub rounds: Vec<Vec<Date>>,
    /// Rounds that these dates need at least: the dates of the busiest person, or all dates by
    /// the number of tables. Equal to the number of rounds of every plan made here.
    pub at_least: usize,
}

/// More dates, or more dates of one person, than a plan takes; or dates and no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more dates than an evening holds, or no table")]
pub struct TooMany;

/// Dates of one evening, at most.
const MAX_DATES: usize = 20_000;
/// Dates of one person, at most.
const MAX_ROUNDS: usize = 200;

/// A rota for `dates` (of several alike one counts) with at most `tables` at a time.
///
/// # Errors
/// More than 20,000 dates, more than 200 rounds, or no table.
pub fn plan(dates: &[Date], tables: usize) -> Result<Rota, TooMany> {
    replan(&Rota::default(), dates, tables)
}

/// A rota for `dates`, those that are still to take place, that moves few of those that `before`
/// (its rounds that are still to come) had placed already.
///
/// # Errors
/// See [`plan`].
pub fn replan(before: &Rota, dates: &[Date], tables: usize) -> Result<Rota, TooMany> {
    let dates: BTreeSet<Date> = dates.iter().copied().collect();
    let mut degrees: BTreeMap<Person, usize> = BTreeMap::new();
    for date in &dates {
        *degrees.entry(Person::Newcomer(date.newcomer)).or_default() += 1;
        *degrees.entry(Person::Mentor(date.mentor)).or_default() += 1;
    }
    if dates.is_empty() {
        return Ok(Rota::default());
    }
    if tables == 0 || dates.len() > MAX_DATES {
        return Err(TooMany);
    }
    let busiest = degrees.values().max().copied().unwrap_or(0);
    let at_least = busiest.max(dates.len().div_ceil(tables));
    if at_least > MAX_ROUNDS {
        return Err(TooMany);
    }
    let mut colouring = Colouring { seats: BTreeMap::new(), rounds: at_least };
    let placed = before
        .rounds
        .iter()
        .take(at_least)
        .enumerate()
        .flat_map(|(round, dates)| dates.iter().map(move |date| (round, *date)));
    let mut rest = dates.clone();
    for (round, date) in placed {
        if rest.contains(&date) && colouring.is_free(date, round) {
            colouring.seat(date, round);
            rest.remove(&date);
        }
    }
    for date in rest {
        colouring.place(date);
    }
    colouring.balance(tables);
    Ok(Rota { rounds: colouring.into_rounds(), at_least })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Person {
    Newcomer(u32),
    Mentor(u32),
}

impl Person {
    fn with(self, other: u32) -> Date {
        match self {
            Self::Newcomer(newcomer) => Date { newcomer, mentor: other },
            Self::Mentor(mentor) => Date { newcomer: other, mentor },
        }
    }

    fn other(self, number: u32) -> Self {
        match self {
            Self::Newcomer(_) => Self::Mentor(number),
            Self::Mentor(_) => Self::Newcomer(number),
        }
    }
}

/// Per person and round the other one at the table.
struct Colouring {
    seats: BTreeMap<(Person, usize), u32>,
    rounds: usize,
}

impl Colouring {
    fn is_free(&self, date: Date, round: usize) -> bool {
        let busy = |person| self.seats.contains_key(&(person, round));
        !busy(Person::Newcomer(date.newcomer)) && !busy(Person::Mentor(date.mentor))
    }

    fn seat(&mut self, date: Date, round: usize) {
        self.seats.insert((Person::Newcomer(date.newcomer), round), date.mentor);
        self.seats.insert((Person::Mentor(date.mentor), round), date.newcomer);
    }

    fn clear(&mut self, date: Date, round: usize) {
        self.seats.remove(&(Person::Newcomer(date.newcomer), round));
        self.seats.remove(&(Person::Mentor(date.mentor), round));
    }

    /// The first round in which a person is free: there is one, for there are at least as many
    /// rounds as anybody has dates.
    fn first_free(&self, person: Person) -> usize {
        (0..self.rounds).find(|round| !self.seats.contains_key(&(person, *round))).unwrap_or(0)
    }

    /// Seats a date, where need be by changing rounds along one chain of others.
    fn place(&mut self, date: Date) {
        let (newcomer, mentor) = (Person::Newcomer(date.newcomer), Person::Mentor(date.mentor));
        if let Some(round) = (0..self.rounds).find(|round| self.is_free(date, *round)) {
            return self.seat(date, round);
        }
        let (round, other) = (self.first_free(newcomer), self.first_free(mentor));
        // The chain from the mentor cannot reach the newcomer: it would come in at `round`,
        // in which the newcomer is free.
        let chain = self.chain(mentor, round, other);
        self.swap(&chain, round, other);
        self.seat(date, round);
    }

    /// Dates that hang together from `start`, in turn of `first` and `second`.
    fn chain(&self, start: Person, first: usize, second: usize) -> Vec<Date> {
        let (mut at, mut rounds, mut chain) = (start, (first, second), Vec::new());
        while let Some(other) = self.seats.get(&(at, rounds.0)) {
            chain.push(at.with(*other));
            at = at.other(*other);
            rounds = (rounds.1, rounds.0);
            if at == start {
                break;
            }
        }
        chain
    }

    /// Changes the two rounds along a chain that began in `first`.
    fn swap(&mut self, chain: &[Date], first: usize, second: usize) {
        let round = |at: usize| if at.is_multiple_of(2) { (first, second) } else { (second, first) };
        for (at, date) in chain.iter().enumerate() {
            self.clear(*date, round(at).0);
        }
        for (at, date) in chain.iter().enumerate() {
            self.seat(*date, round(at).1);
        }
    }

    fn dates(&self, round: usize) -> Vec<Date> {
        let held = self.seats.iter().filter(|((person, at), _)| *at == round && matches!(person, Person::Newcomer(_)));
        held.map(|((person, _), other)| person.with(*other)).collect()
    }

    /// Moves dates from the fullest round to the emptiest until no round has more than `tables`:
    /// among chains of two rounds, those that begin and end in the fuller one move one date.
    fn balance(&mut self, tables: usize) {
        loop {
            let sizes: Vec<usize> = (0..self.rounds).map(|round| self.dates(round).len()).collect();
            let (Some(full), Some(least)) =
                ((0..self.rounds).max_by_key(|at| sizes[*at]), (0..self.rounds).min_by_key(|at| sizes[*at]))
            else {
                return;
            };
            if sizes[full] <= tables {
                return;
            }
            let mut surplus = sizes[full] - tables;
            let mut room = tables.saturating_sub(sizes[least]);
            let starts =
                self.dates(full).into_iter().flat_map(|d| [Person::Newcomer(d.newcomer), Person::Mentor(d.mentor)]);
            for start in starts.collect::<Vec<_>>() {
                let ends_here = self.seats.contains_key(&(start, full)) && !self.seats.contains_key(&(start, least));
                if surplus == 0 || room == 0 || !ends_here {
                    continue;
                }
                let chain = self.chain(start, full, least);
                if chain.len() % 2 == 1 {
                    self.swap(&chain, full, least);
                    (surplus, room) = (surplus - 1, room - 1);
                }
            }
        }
    }

    fn into_rounds(self) -> Vec<Vec<Date>> {
        (0..self.rounds).map(|round| self.dates(round)).collect()
    }
}

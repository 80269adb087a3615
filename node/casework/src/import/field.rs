//! What a column of a list can mean, and which part of a person it fills.
//!
//! A [`Field`] is the meaning of a column (a column *contact* fills phone and mail alike); a
//! [`Part`] is what is compared and updated when a list is read again.

use schemas::occupation::Occupation;

use crate::people::{Birth, PersonData};

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every one, in the order of a form.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Stable code for forms, the store and Fluent messages.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
            /// The one with this code.
            pub fn of_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

coded!(/// The meaning of a column.
    Field {
    /// Not taken over.
    Skip = "skip",
    /// The national register number: refused, never stored, cannot be chosen.
    NationalNumber = "national_number",
    /// Given and family name together.
    FullName = "full_name",
    /// Given name.
    GivenName = "given_name",
    /// Family name.
    FamilyName = "family_name",
    /// Day of birth.
    BirthDate = "birth_date",
    /// Year of birth.
    BirthYear = "birth_year",
    /// Age in years on the day of registration.
    Age = "age",
    /// Sex.
    Sex = "sex",
    /// Phone and mail in one cell.
    Contact = "contact",
    /// Phone.
    Phone = "phone",
    /// Mail address.
    Email = "email",
    /// Street, number, postal code and municipality in one cell.
    Address = "address",
    /// Street and number.
    Street = "street",
    /// Postal code.
    PostalCode = "postal_code",
    /// Municipality of residence, with or without its postal code.
    Municipality = "municipality",
    /// Country of origin.
    Country = "country",
    /// Mother tongue.
    MotherTongue = "mother_tongue",
    /// Languages; several such columns add up.
    Languages = "languages",
    /// Level of Dutch.
    Dutch = "dutch",
    /// Education.
    Education = "education",
    /// Work in the country of origin.
    FormerWork = "former_work",
    /// A mentor's occupation, a newcomer's goal; a branch may stand behind it in brackets.
    Occupation = "occupation",
    /// Branch.
    Sector = "sector",
    /// Domains of help.
    Domains = "domains",
    /// When the person is free.
    Slots = "slots",
    /// Interests.
    Interests = "interests",
    /// Wishes about the other person.
    Wishes = "wishes",
    /// Newcomers at the same time.
    Capacity = "capacity",
    /// Kilometres that the person travels.
    Radius = "radius",
    /// Where a mentor meets.
    MeetsIn = "meets_in",
    /// Children.
    Children = "children",
    /// Who sent the person.
    RecruitedVia = "recruited_via",
    /// Day of the intake or registration.
    RegisteredOn = "registered_on",
    /// Remarks: taken over only for ticked rows.
    Remarks = "remarks",
});

coded!(/// A part of a person that an import can fill.
    Part {
    /// Given name.
    GivenName = "given_name",
    /// Family name.
    FamilyName = "family_name",
    /// Birth.
    Birth = "birth",
    /// Sex.
    Sex = "sex",
    /// Phone.
    Phone = "phone",
    /// Mail address.
    Email = "email",
    /// Street and number.
    Street = "street",
    /// Postal code.
    PostalCode = "postal_code",
    /// Municipality of residence.
    Municipality = "municipality",
    /// Country of origin.
    Country = "country",
    /// Mother tongue.
    MotherTongue = "mother_tongue",
    /// Languages.
    Languages = "languages",
    /// Level of Dutch.
    Dutch = "dutch",
    /// Education.
    Education = "education",
    /// Former work.
    FormerWork = "former_work",
    /// Occupation, as written and by its code.
    Occupation = "occupation",
    /// Branch.
    Sector = "sector",
    /// Domains.
    Domains = "domains",
    /// Slots.
    Slots = "slots",
    /// Interests.
    Interests = "interests",
    /// Wishes.
    Wishes = "wishes",
    /// Capacity.
    Capacity = "capacity",
    /// Radius.
    Radius = "radius",
    /// Where a mentor meets.
    MeetsIn = "meets_in",
    /// Children.
    Children = "children",
    /// Who sent the person.
    RecruitedVia = "recruited_via",
    /// Registration.
    RegisteredOn = "registered_on",
    /// Remarks.
    Remarks = "remarks",
});

fn codes<T>(words: impl IntoIterator<Item = T>, code: impl Fn(T) -> String) -> String {
    words.into_iter().map(code).collect::<Vec<_>>().join(" ")
}

fn optional<T>(value: Option<T>, code: impl Fn(T) -> String) -> String {
    value.map(code).unwrap_or_default()
}

impl Part {
    /// The value of this part as one line of stable text; empty where nothing is known.
    ///
    /// An age is written without its day: a list read again later still says the same age.
    pub fn text(self, person: &PersonData) -> String {
        match self {
            Self::GivenName => person.given_name.clone(),
            Self::FamilyName => person.family_name.clone(),
            Self::Birth => match person.birth {
                Birth::Unknown => String::new(),
                Birth::On(day) => day.to_string(),
                Birth::In(year) => year.to_string(),
                Birth::Aged { years, .. } => format!("aged {years}"),
            },
            Self::Sex => optional(person.sex, |sex| sex.code().to_owned()),
            Self::Phone => person.contact.phone.clone(),
            Self::Email => person.contact.email.clone(),
            Self::Street => person.contact.street.clone(),
            Self::PostalCode => person.contact.postal_code.clone(),
            Self::Municipality => optional(person.contact.municipality, |at| at.to_string()),
            Self::Country => person.country.clone(),
            Self::MotherTongue => optional(person.mother_tongue, |language| language.to_string()),
            Self::Languages => codes(&person.languages, ToString::to_string),
            Self::Dutch => optional(person.dutch, |level| level.to_string()),
            Self::Education => person.education.clone(),
            Self::FormerWork => person.former_work.clone(),
            Self::Occupation => {
                let code = optional(person.occupation.as_ref(), Occupation::to_string);
                format!("{} {code}", person.occupation_text).trim().to_owned()
            }
            Self::Sector => optional(person.sector, |sector| sector.to_string()),
            Self::Domains => codes(&person.domains, ToString::to_string),
            Self::Slots => person.slots.codes().join(" "),
            Self::Interests => codes(&person.interests, ToString::to_string),
            Self::Wishes => codes(&person.wishes, |wish| format!("{:?}:{:?}", wish.strength, wish.about)),
            Self::Capacity => person.capacity.to_string(),
            Self::Radius => person.radius_km.to_string(),
            Self::MeetsIn => optional(person.meets_in, |at| at.to_string()),
            Self::Children => optional(person.children, |count| count.to_string()),
            Self::RecruitedVia => person.recruited_via.clone(),
            Self::RegisteredOn => person.registered_on.to_string(),
            Self::Remarks => person.intake.remarks.clone(),
        }
    }

    /// Copies this part from one person to another.
    pub fn copy(self, from: &PersonData, to: &mut PersonData) {
        match self {
            Self::GivenName => to.given_name.clone_from(&from.given_name),
            Self::FamilyName => to.family_name.clone_from(&from.family_name),
            Self::Birth => to.birth = from.birth,
            Self::Sex => to.sex = from.sex,
            Self::Phone => to.contact.phone.clone_from(&from.contact.phone),
            Self::Email => to.contact.email.clone_from(&from.contact.email),
            Self::Street => to.contact.street.clone_from(&from.contact.street),
            Self::PostalCode => to.contact.postal_code.clone_from(&from.contact.postal_code),
            Self::Municipality => to.contact.municipality = from.contact.municipality,
            Self::Country => to.country.clone_from(&from.country),
            Self::MotherTongue => to.mother_tongue = from.mother_tongue,
            Self::Languages => to.languages.clone_from(&from.languages),
            Self::Dutch => to.dutch = from.dutch,
            Self::Education => to.education.clone_from(&from.education),
            Self::FormerWork => to.former_work.clone_from(&from.former_work),
            Self::Occupation => {
                to.occupation.clone_from(&from.occupation);
                to.occupation_text.clone_from(&from.occupation_text);
            }
            Self::Sector => to.sector = from.sector,
            Self::Domains => to.domains.clone_from(&from.domains),
            Self::Slots => to.slots = from.slots,
            Self::Interests => to.interests.clone_from(&from.interests),
            Self::Wishes => to.wishes.clone_from(&from.wishes),
            Self::Capacity => to.capacity = from.capacity,
            Self::Radius => to.radius_km = from.radius_km,
            Self::MeetsIn => to.meets_in = from.meets_in,
            Self::Children => to.children = from.children,
            Self::RecruitedVia => to.recruited_via.clone_from(&from.recruited_via),
            Self::RegisteredOn => to.registered_on = from.registered_on,
            Self::Remarks => to.intake.remarks.clone_from(&from.intake.remarks),
        }
    }
}

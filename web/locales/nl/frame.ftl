# Rond elke bladzijde
skip-to-main = Naar de inhoud
search-label = Zoek een persoon of bladzijde
search-placeholder = Zoek
nav-label = Hoofdmenu
nav-today = Vandaag
nav-newcomers = Nieuwkomers
nav-mentors = Mentors
nav-matches = Matches
nav-duos = Duo’s
nav-library = Lerend netwerk
nav-partners = Partners
nav-menu = Menu
demo-tag = demo
partners-title = Partners
sign-out = Meld af
news-line = Er is iets gewijzigd.
news-show = Toon
lost-line = Geen verbinding met de server. Wat je typte, staat er nog. Probeer het opnieuw.
undo = Maak ongedaan
remove = Verwijder
back = Terug
cancel = Annuleer
choice-none = Niet gekozen
choice-all = Alles
summary-title = Kijk deze velden na
nothing-known = Niets ingevuld
unknown = Niet gekend
never = Nog nooit
partner-on = Verbonden
partner-quiet = Stil sinds { $when }
partner-never = Nog geen verbinding
same-municipality = zelfde gemeente
list-and = { $rest } en { $last }
no-partners = niemand

# Aanmelden
sign-in-title = Meld je aan
sign-in-text = Werkplek van { $municipality } in het netwerk Overbuur.
sign-in-button = Meld aan
draft-kept = Wat je typte, is bewaard. Meld je aan en ga verder.
enrol-title = Kies een wachtwoord
enrol-text = Welkom, { $name }. Met dit wachtwoord meld je je voortaan aan. Neem minstens tien tekens; een zinnetje werkt goed.
enrol-button = Bewaar wachtwoord
field-name = Naam
field-password = Wachtwoord
field-password_again = Wachtwoord, nog eens

# Als het niet lukt
fault-home = Naar Vandaag
fault-back = Terug naar de bladzijde
fault-not-found-title = Deze bladzijde is er niet
fault-not-found-text = Misschien is ze verwijderd, of klopt het adres niet helemaal.
fault-no-slip-title = Dit briefje is er niet
fault-no-slip-text = Misschien is er een nieuwere code, of is de avond gewist. Vraag een code aan wie de avond begeleidt.
fault-no-link-title = Deze link werkt niet meer
fault-no-link-text = Hij is al gebruikt, of te oud. Heb je al een wachtwoord, meld je dan aan. Vraag anders je beheerder om een nieuwe link.
fault-forbidden-title = Deze bladzijde is niet voor jou
fault-forbidden-text = Alleen wie duo’s begeleidt, ziet gegevens van personen. Vraag je coördinator als je dit nodig hebt.
fault-forged-title = Dit formulier is niet meer geldig
fault-forged-text = Ga terug, laad de bladzijde opnieuw en verstuur nog eens. Er is niets gewijzigd.
fault-too-large-title = Dit is te groot
fault-too-large-text = Ga terug en kort de tekst in. Er is niets gewijzigd.
fault-refused-title = Dat kan nu niet
fault-conflict-title = Iemand anders bewaarde intussen ook
fault-conflict-text = { $by } bewaarde intussen een wijziging. Open de bladzijde opnieuw.
fault-invalid-title = Er klopt iets niet
fault-invalid-text = Er is niets gewijzigd.
fault-broken-title = Er liep iets mis bij ons
fault-broken-text = Er is niets gewijzigd. Probeer het over enkele minuten opnieuw. Blijft het mislopen, verwittig dan je beheerder.

# Zoeken
find-title = Zoeken
find-nothing-typed = Typ een naam, een taal of een beroep.
find-for = Gevonden voor “{ $text }”.
find-people = { $count ->
    [0] Geen personen
    [one] 1 persoon
   *[other] { $count } personen
 }
find-pages = { $count ->
    [0] Geen bladzijden
    [one] 1 bladzijde
   *[other] { $count } bladzijden
 }
find-none = Kijk de spelling na, of typ alleen een deel van de naam.
filter-button = Toon de keuze
to-newcomers = Bekijk de nieuwkomers

# Tellen
people-count-newcomer = { $count ->
    [0] geen nieuwkomers
    [one] 1 nieuwkomer
   *[other] { $count } nieuwkomers
 }
people-count-mentor = { $count ->
    [0] geen mentors
    [one] 1 mentor
   *[other] { $count } mentors
 }
people-shown = { $count ->
    [0] Niemand past bij deze keuze
    [one] 1 persoon in de lijst
   *[other] { $count } personen in de lijst
 }
days = { $count ->
    [0] sinds vandaag
    [one] 1 dag
   *[other] { $count } dagen
 }
weeks = { $count ->
    [one] 1 week
   *[other] { $count } weken
 }
minutes = { $count } minuten
kilometres = { $km } km
places = { $count ->
    [0] geen plaats
    [one] 1 plaats
   *[other] { $count } plaatsen
 }
places-left = { $count ->
    [0] Geen plaats vrij
    [one] Nog 1 plaats vrij
   *[other] Nog { $count } plaatsen vrij
 }
age-years = { $count } jaar
unknown-age = Leeftijd niet gekend
band-open = { $from } of ouder
since-day = sinds { $day }
since-quarter = sinds het { $day }

strength-strong = Sterke match
strength-good = Goede match
strength-possible = Mogelijk
grade-good = Goede en sterke matches
grade-strong = Alleen sterke matches
reason-same-occupation = Zelfde beroep: { $occupation }
reason-related-occupation = Verwant beroep: { $occupation }
reason-same-sector = Zelfde sector: { $sector }
reason-domains = Helpt met { $domains }
reason-same-place = In dezelfde gemeente
reason-distance = Dichtbij: { $distance }
reason-languages = Spreken allebei { $languages }
reason-interests = Houden allebei van { $interests }
reason-slots = Kunnen allebei { $slots }
reason-wish = { $side } wenst { $about }, en dat klopt
reason-waits = { $count ->
    [one] Wacht al 1 kwartaal
   *[other] Wacht al { $count } kwartalen
 }
miss-occupation = Heeft een ander beroep dan { $occupation }
miss-sector = Werkt niet in de sector { $sector }
miss-domain = Helpt niet met { $domain }
miss-language = Spreekt geen { $language }
miss-wish = { $side } had liefst { $about }
miss-wish-unknown = { $side } had liefst { $about }; dat is niet gekend
misfit-full = heeft nu geen plaats vrij.
misfit-failed-before = ging eerder niet samen met deze nieuwkomer.
misfit-not-shared = is van een partner en deze nieuwkomer is niet gedeeld.
misfit-domain = helpt alleen met { $offered }.
misfit-language = spreekt { $mentor }. Met Nederlands op niveau { $needed } kan het wel.
misfit-far = is { $distance } ver. { $side } verplaatst zich { $radius } km; met { $needed } km kan het wel.
misfit-no-slots = kan niet: { $side } gaf nog niet op wanneer.
misfit-slots = kan alleen { $mentor }.
misfit-wish = past niet: { $side } wil { $about }.
misfit-contradict = kan niet: { $side } heeft twee wensen die elkaar uitsluiten.
local-check = Kijk zelf na: { $side } wil { $about }.
excluded-known = { $check } Dat klopt hier niet.
excluded-unknown = { $check } Dat staat niet in het dossier.
subject-occupation = het beroep
subject-sector = de sector
subject-domains = waarmee de mentor helpt
subject-proximity = de afstand
subject-languages = de talen
subject-interests = de interesses
subject-slots = de vrije momenten
subject-wishes = de wensen
subject-waiting = het wachten
why-behind = De eerste scoort vooral beter op { $subject }.
why-equal = Beide passen even goed; alleen de volgorde verschilt.
why-no-single = Geen enkele wijziging alleen zou dit veranderen.
why-change = Staat wel bovenaan { $change }.
change-proximity = als de afstand hoogstens { $distance } is
change-occupation = als de mentor hetzelfde beroep heeft
change-sector = als de mentor in dezelfde sector werkt
change-domains = { $count ->
    [one] als de mentor nog met één ding meer helpt
   *[other] als de mentor nog met { $count } dingen meer helpt
 }
change-languages = { $count ->
    [one] als ze nog één taal delen
   *[other] als ze nog { $count } talen delen
 }
change-interests = { $count ->
    [one] als ze nog één interesse delen
   *[other] als ze nog { $count } interesses delen
 }
change-slots = { $count ->
    [one] als ze nog één moment delen
   *[other] als ze nog { $count } momenten delen
 }
change-wishes = { $count ->
    [one] als nog één wens klopt
   *[other] als nog { $count } wensen kloppen
 }

# Zoek een mentor
search-title = Zoek een mentor voor { $name }
search-heading = Zoek een mentor
search-request = De mentorvraag
search-found = { $count ->
    [0] Geen mentors gevonden
    [one] 1 mentor past
   *[other] { $count } mentors passen, de beste eerst
 }
search-empty = Geen enkele mentor past bij deze keuze. Kijk hieronder wie er net naast zit, of maak de keuze ruimer.
search-all = Toon alle mentors
search-where = { $municipality }, { $distance }
search-match-here = Maak een duo
search-propose = Vraag { $municipality } om deze mentor
search-see-proposal = Bekijk voorstel
reasons-in = Redenen in:
search-more = Toon meer redenen
search-why-not = Waarom niet bovenaan?
search-also = Dit past ook:
search-both-can = Kunnen allebei: { $slots }
both-can = kunnen allebei
mentor-of-trade = { $trade } in { $municipality }
mentor-of = Mentor in { $municipality }
a-trade-of = een mentor uit { $municipality }, { $trade }
a-mentor-of = een mentor uit { $municipality }
mentor-gone = een mentor die er niet meer is

# Wie past bij deze mentor?
newcomers-title = Wie past bij { $name }?
newcomers-heading = Wie past bij deze mentor?
newcomers-verb = Zoek een nieuwkomer
newcomers-offer = Het mentoraanbod
newcomers-found = { $count ->
    [0] Geen nieuwkomers gevonden
    [one] 1 nieuwkomer past
   *[other] { $count } nieuwkomers passen, de beste eerst
 }
newcomers-empty = Op dit moment zoekt niemand in de kring een mentor als deze. Meer domeinen, dagdelen of kilometers helpen.
newcomers-empty-verb = Kijk het aanbod na
newcomers-full = Deze mentor heeft nu geen plaats vrij. Zodra een duo stopt, staat hier wie past.
newcomers-full-verb = Bekijk de duo’s
newcomers-not-screened = De screening van deze mentor is nog niet gezien. Pas daarna maak je een duo.
newcomers-not-shared = Partners zien deze mentor nog niet. Zij kunnen er pas om vragen nadat je de kaart deelt.
newcomers-request = Toon de mentorvraag
newcomers-other-mentors = Andere mentors
newcomers-theirs = { $municipality } ziet deze mentor ook en kan je om deze mentor vragen.
newcomers-theirs-not-shared = Deel de kaart van deze mentor, dan kan { $municipality } erom vragen.
newcomer-of = Nieuwkomer uit { $municipality }
compare-title = Naast elkaar
compare-grade = Hoe goed
compare-where = Waar
compare-reasons = Wat past
compare-against = Wat niet past
compare-tick = Vergelijk
compare-more = Vink nog een mentor aan. Dan zie je ze naast elkaar.
compare-button = Zet aangevinkte mentors naast elkaar
map-title = In de buurt
map-here = hier woont de nieuwkomer
near-title = Net naast
near-text = Bij deze mentors staat maar één ding in de weg.
excluded-title = Hier weggelaten
excluded-text = Deze mentors passen volgens hun kaart. Alleen wij weten waarom het niet kan.
blocker-minor = Deze nieuwkomer is jonger dan 18. Alleen mentors van je eigen gemeente kunnen.
blocker-consent = Er is nog geen toestemming om over de grens te zoeken. Mentors van partners kan je zien, maar nog niet vragen.
blocker-not-shared = De mentorvraag is nog niet gedeeld. Deel ze eerst, dan kan je een partner vragen.
blocker-duo = Deze nieuwkomer zit al in een duo.
blocker-confirmed = Een voorstel is bevestigd en wordt nu vastgelegd.
blocker-publish-verb = Deel de mentorvraag
blocker-file-verb = Open het dossier
keys-help = Met pijltjes ga je van kaart naar kaart, met Enter open je de uitleg, met v ga je naar de knop om te vragen, met / naar zoeken.
keys-on = Zet sneltoetsen uit
keys-off = Zet sneltoetsen aan
card-domains = Zoekt hulp met
card-helps-with = Helpt met
card-goal = Wil worden
card-dutch = Nederlands
card-languages = Talen
card-withheld = Niet gedeeld
card-area = Waar
card-area-value = { $area }, tot { $km } km
card-slots = Wanneer
card-interests = Interesses
card-wishes = Wensen
card-waiting = Wacht sinds
card-occupation = Beroep
card-sector = Sector
card-style = Werkwijze
card-age = Leeftijd
card-places = Plaatsen

# Voorstellen
proposals-text = Wat je aan partners vroeg, en wat partners aan jou vragen.
proposals-in = Binnengekomen
proposals-in-empty = Geen enkele partner vraagt nu een mentor.
proposals-out = Verstuurd
proposals-out-empty = Je hebt nu geen voorstel lopen bij een partner.
proposal-title = Matchvoorstel
proposal-in-line = { $municipality } vraagt { $mentor }.
proposal-out-line = { $newcomer } en { $mentor }.
proposal-waiting = De nieuwkomer wacht sinds het { $since }.
proposal-made = Gevraagd: { $when }.
proposal-in-heading = { $municipality } vraagt { $mentor }
proposal-out-heading = { $newcomer } en { $mentor }
proposal-to-duo = Open het duo
proposal-confirm = Bevestig aan { $municipality }
proposal-withdraw = Trek het voorstel in
proposal-withdraw-hint = Dit is definitief. Later kan je een nieuw voorstel doen.
proposal-asked = De mentor is gevraagd op { $on } door { $by }.
state-in-open = { $count ->
    [0] Wacht op je antwoord
    [one] Wacht 1 werkdag op je antwoord
   *[other] Wacht { $count } werkdagen op je antwoord
 }
state-in-reserved = Vrijgehouden tot { $until }, wacht op bevestiging
state-in-confirmed = Bevestigd, wordt vastgelegd
state-lapsed = Vervallen: de plaats was niet meer vrijgehouden
state-taken-back = Ingetrokken door de partner
state-matched = Afgesproken
state-refused = Nee: { $reason }
state-failed = Na de eerste ontmoeting gestopt
state-open = Open
state-out-waiting = { $count ->
    [0] Wacht op antwoord
    [one] Wacht 1 werkdag op antwoord
   *[other] Wacht { $count } werkdagen op antwoord
 }
state-out-reserved = Ja. Vrijgehouden tot { $until }, bevestig op tijd
state-out-confirmed = Bevestigd, de partner legt de match vast
state-unanswered = Geen antwoord gekregen
state-withdrawn = Ingetrokken
no-full = de mentor heeft geen plaats
no-mentor_declined = de mentor wil deze match niet
no-mentor_unavailable = de mentor is gestopt of heeft een pauze
no-failed_before = deze twee gingen eerder niet samen
no-offer_withdrawn = de mentor wordt niet meer aangeboden
no-other = een andere reden
steps-label = Stappen van dit voorstel
step-asked = Gevraagd
step-yes = Ja
step-confirmed = Bevestigd
step-agreed = Afgesproken
step-done = gebeurd
answer-title = Je antwoord
answer-ask-first = Bel eerst de mentor. Noteer daarna dat je het gevraagd hebt, dan kan je antwoorden.
answer-asked-button = Noteer: { $name } is vandaag gevraagd
answer-yes-title = De mentor wil
answer-yes-text = De plaats blijft veertien dagen vrij. De andere gemeente bevestigt.
answer-yes-button = Antwoord ja aan { $municipality }
answer-no-title = De mentor wil of kan niet
answer-no-button = Antwoord nee aan { $municipality }
answer-back-title = Neem je ja terug
answer-back-text = Je zei al ja. Zeg je nu nee, dan komt de plaats vrij en hoort { $municipality } dat meteen.
answer-back-sure = Ja, ik neem mijn ja terug
confirm-others = Als je bevestigt, worden deze voorstellen ingetrokken:
message-title = Bericht voor { $name }
message-start =
    Dag { $name },

    Iemand uit { $municipality } zoekt een mentor en jij past goed. Het gaat om hulp met { $domains }.
message-goal = Hij of zij wil werken als { $goal }.
message-languages = Jullie kunnen praten in: { $languages }.
message-slots = Jullie kunnen allebei op { $slots }.
message-end = Zodra je gegevens doorgegeven mogen worden, hoor je van ons naam en telefoonnummer. Spreek dan een eerste keer af op een plek die je goed kent. Daarna bellen we je om te horen of het klikt.
message-end-contact = De naam en het telefoonnummer krijg je van ons aan de telefoon. Spreek een eerste keer af op een plek die je goed kent. Daarna bellen we je om te horen of het klikt.
copy-message = Kopieer bericht
copied = Gekopieerd
fit-title = Hoe ze passen
card-request-of = Mentorvraag van { $municipality }
card-offer-of = Mentoraanbod van { $municipality }
card-gone = Deze kaart is er niet meer.
open-file-of = Open het dossier van { $name }


# Hele wachtlijst
whole-title = Voorstel voor de hele wachtlijst
whole-open = Bekijk de hele wachtlijst
whole-text = Zo vinden zoveel mogelijk nieuwkomers een mentor. Dit zijn voorstellen: jij beslist over elk.
whole-proved = Nagerekend: meer matches tegelijk kan niet.
whole-found = { $count ->
    [0] Niemand vindt nu een mentor
    [one] 1 nieuwkomer vindt een mentor
   *[other] { $count } nieuwkomers vinden een mentor
 }
whole-empty = Er wacht niemand voor wie een mentor vrij is. Deel nieuwkomers met partners, dan zijn er meer mentors.
whole-without = { $count ->
    [one] 1 nieuwkomer vindt nog niemand
   *[other] { $count } nieuwkomers vinden nog niemand
 }
whole-remarks = Goed om te weten
whole-remarks-text = Wie hier staat, past bij niemand of bij weinig mensen. Alle anderen zijn gewoon gematcht.
remark-no-domains = { $who }: nog geen domein. Zo past niemand.
remark-no-slots = { $who }: nog geen moment. Zo past niemand.
remark-contradict = { $who }: twee wensen sluiten elkaar uit. Zo past niemand.
remark-at-home = { $who }: straal van 0 km. Zo past alleen wie in dezelfde gemeente afspreekt.
remark-partners = { $count ->
    [one] 1 mentor van { $municipality }
   *[other] { $count } mentors van { $municipality }
 }
remark-merged = { $municipality } ging op in { $into }. Afstanden tellen nog vanaf { $municipality }.
remark-verb = Pas het dossier aan
whole-how = Hoe weten we dat dit de beste lijst is?
whole-how-text = Een apart klein programma rekent elke lijst na. We tonen ze alleen als vaststaat: geen andere lijst heeft meer matches, of evenveel met een hogere score. Zijn er meer lijsten even goed, dan kiest elke computer dezelfde.
whole-circle = Beste lijst voor heel { $circle }: { $matches } van de { $requests } nieuwkomers
whole-number = Controlegetal
whole-number-text = Het controlegetal is berekend uit wie met wie gaat in de beste lijst voor het hele samenwerkingsverband. Elke gemeente rekent zelf, met de gedeelde kaarten en regels alleen. Ziet je collega bij een partner hetzelfde getal, dan hebben jullie dezelfde lijst. Een ander getal betekent dat jullie nog niet dezelfde kaarten zien, of niet met dezelfde gemeenten samenwerken.
whole-without-text = Open de naam om te zien wat in de weg staat.

# Duo’s
duos-count = { $count ->
    [0] Nog geen duo’s
    [one] 1 duo
   *[other] { $count } duo’s
 }
duos-empty = Nog geen duo’s. Een duo ontstaat uit een bevestigd voorstel, of als je hier twee mensen samenbrengt.
col-newcomer = Nieuwkomer
col-mentor = Mentor
col-stage = Toestand
col-meetings = Ontmoetingen
col-last = Laatste ontmoeting
col-since = Sinds
no-meeting-yet = Nog geen
person-of = { $name } ({ $municipality })
somebody-of = iemand uit { $municipality }
person-erased = een vergeten persoon
duo-first_meeting = Eerste ontmoeting
duo-running = Loopt
duo-paused = Pauze
duo-closing = Afronding
duo-closed = Afgerond
duo-continues = Gaan zelf verder
duo-failed = Klikte niet
duo-cancelled = Ingetrokken
duo-heading = { $newcomer } en { $mentor }
duo-log = Noteer een ontmoeting
duo-log-title = Noteer een ontmoeting
duo-log-button = Bewaar ontmoeting
duo-leads-us = Jouw gemeente leidt de opvolging.
duo-leads-them = De andere gemeente leidt de opvolging.
duo-across = Met de andere gemeente
duo-proposal = Bekijk het voorstel
duo-timeline = Verloop
duo-meetings = Ontmoetingen
remove-meeting = Ja, verwijder deze ontmoeting
duo-no-meetings = Nog geen ontmoetingen genoteerd.
duo-steps = Volgende stap van het duo
step-pause = Begin een pauze
step-resume = Ga weer verder
step-start-closing = Begin de afronding
step-close = Rond af
step-go-on-alone = Ze gaan zelf verder
meetings-count = { $count ->
    [0] Nog geen ontmoetingen
    [one] 1 ontmoeting
   *[other] { $count } ontmoetingen
 }
meetings-aimed = van de { $aimed } die we beogen
say-yes = { $name } zegt ja
say-no = { $name } zegt nee
said-yes = Zei ja na de eerste ontmoeting.
said-no = Zei nee na de eerste ontmoeting.
said-nothing = Zei nog niets na de eerste ontmoeting.
contact-language = Taal van het eerste contact
theirs-first-meeting = De andere gemeente wacht op de eerste ontmoeting.
theirs-said-yes = De persoon van de andere gemeente zei ja.
theirs-said-no = Ook bij de andere gemeente is het duo gestopt na een nee.
theirs-running = Ook voor de andere gemeente loopt dit duo.
theirs-paused = De andere gemeente noteerde een pauze.
theirs-closing = De andere gemeente is bezig met de afronding.
theirs-closed = De andere gemeente rondde het duo af.
theirs-continues = De andere gemeente noteerde dat ze zelf verdergaan.
theirs-meetings = { $count ->
    [one] De andere gemeente noteerde 1 ontmoeting.
   *[other] De andere gemeente noteerde { $count } ontmoetingen.
 }
handover-waiting = Onze contactgegevens zijn verzegeld onderweg sinds { $when }.
handover-key-unknown = De andere gemeente vraagt een nieuwe sleutel. Dat gebeurt vanzelf.
handover-delivered = Onze contactgegevens zijn ontvangen op { $when }.
handover-cancelled = Het doorgeven van contactgegevens is gestopt.
handover-needs-consent = Onze persoon gaf nog geen toestemming om contactgegevens door te geven.
handover-not-yet = Onze contactgegevens zijn nog niet doorgegeven.
handover-received = Contactgegevens van de andere persoon ontvangen op { $when }.
handover-nothing-received = De contactgegevens van de andere persoon zijn nog niet aangekomen.
plan-title = Plan en notities: { $duo }
plan-heading = Plan en notities
plan-text = Dit blijft in je gemeente. Ook de andere gemeente ziet het niet.
plan-open = Open plan en notities
plan-count = { $count ->
    [0] Nog niets in het plan.
    [one] 1 punt in het plan.
   *[other] { $count } punten in het plan.
 }
notes-count = { $count ->
    [0] Nog geen notities.
    [one] 1 notitie.
   *[other] { $count } notities.
 }
plan-goals = Doelen
plan-barriers = Drempels
plan-steps = Stappen
plan-goal = Doel
plan-barrier = Drempel
plan-step = Stap
remove-plan-item = Ja, haal dit uit het plan
plan-none = Nog niets.
plan-due = tegen { $on }
plan-done-on = klaar op { $on }
plan-done = Zet op klaar
plan-not-done = Toch niet klaar
plan-add = Voeg iets toe aan het plan
plan-button = Bewaar in het plan
notes-title = Notities
remove-note = Ja, verwijder deze notitie
notes-none = Nog geen notities.
note-review = Tussentijds gesprek
note-closing = Afrondingsgesprek
note-other = Andere notitie
note-button = Bewaar notitie
axis-proposed = voorstel
axis-matched = match
axis-running = beiden ja
axis-review = drie maanden
axis-six-months = zes maanden
axis-ended = einde
theme-meet = kennismaken
theme-dutch = Nederlands oefenen
theme-work = werk zoeken
theme-papers = papieren en brieven
theme-leisure = samen iets doen

# Uitwisseling in evenwicht
balance-title = Uitwisseling in evenwicht
balance-link = Kijk of de uitwisseling in evenwicht is
balance-text = Iedereen in het samenwerkingsverband zo goed mogelijk gematcht, maar met grenzen: niemand leent te veel uit, en in elke gemeente vindt een deel iemand. Je ziet wat elke grens kost. Het blijft een voorstel.
balance-problem = Vul hele getallen in. Een percentage gaat van 0 tot 100.
balance-button = Reken uit
balance-empty = Er is nog niemand te matchen in het samenwerkingsverband.
field-leent = Mentors uitlenen
hint-leent = Een gemeente leent er hoogstens zoveel meer uit dan ze er krijgt.
field-krijgt = Mentors krijgen
hint-krijgt = Een gemeente krijgt er hoogstens zoveel meer dan ze er uitleent.
field-deel = Iemand vinden (%)
hint-deel = In elke gemeente vindt minstens dit deel van de nieuwkomers iemand.
field-lang = Wie lang wacht (%)
hint-lang = Van wie lang wacht, vindt in elke gemeente minstens dit deel iemand.
balance-matches = { $count ->
    [one] 1 match binnen deze grenzen
   *[other] { $count } matches binnen deze grenzen
 }
balance-without = { $count ->
    [one] Zonder grenzen is het 1 match.
   *[other] Zonder grenzen zijn het { $count } matches.
 }
balance-proved = Nagerekend: beter kan niet.
balance-gap = Hoogstens { $gap } punten onder het best mogelijke.
balance-no-bounds = Je vulde nog geen grenzen in. Vul er hierboven één in en kijk wat ze kost.
balance-own-first = Wat een gemeente in haar eigen matchregels vraagt, geldt voor die gemeente. Wat je hier invult, geldt voor wie niets vraagt.
balance-own-link = Bekijk of wijzig wat wij vragen
balance-number-text = Vult je collega bij een partner dezelfde grenzen in en ziet die hetzelfde getal, dan hebben jullie dezelfde lijst.
balance-rows = Per gemeente
balance-col-whose = Wie vraagt het
balance-own = de gemeente zelf
balance-form = hierboven ingevuld
balance-col-bound = Grens
balance-col-reached = Wordt
balance-col-price = Eén soepeler brengt op
balance-met = gehaald
balance-missed = niet haalbaar
balance-no-price = –
balance-lends = leent hoogstens { $count } meer uit
balance-receives = krijgt hoogstens { $count } meer
balance-share = { $count ->
    [one] ten minste 1 vindt iemand
   *[other] ten minste { $count } vinden iemand
 }
balance-long = { $count ->
    [one] ten minste 1 die lang wacht
   *[other] ten minste { $count } die lang wachten
 }
balance-lends-more = leent { $number } meer uit
balance-lends-less = leent { $number } minder uit
balance-receives-more = krijgt { $number } meer
balance-receives-less = krijgt { $number } minder
balance-even = evenveel
balance-found = { $count ->
    [0] niemand
    [one] 1 vindt iemand
   *[other] { $count } vinden iemand
 }
balance-lends-name = De grens op uitlenen
balance-receives-name = De grens op krijgen
balance-share-name = De grens op wie iemand vindt
balance-long-name = De grens op wie lang wacht
balance-cost = { $sort } kost { $cost }.
balance-cost-and-gain = { $sort } kost { $cost }, maar brengt { $gain } op.
balance-cost-none = { $sort } kost niets. Zonder die grens zijn er { $gain } minder: de andere grenzen gaan dan voor.
balance-price-and-cost = { $gain }, maar kost { $cost }
balance-nothing = niets
balance-under-a-point = minder dan 1 punt
balance-matches-cost = { $count ->
    [one] 1 match
   *[other] { $count } matches
 }
balance-points = { $count ->
    [one] 1 punt
   *[other] { $count } punten
 }
balance-ours = { $count ->
    [0] Onze nieuwkomers in deze lijst
    [one] Onze nieuwkomers in deze lijst: 1 voorstel
   *[other] Onze nieuwkomers in deze lijst: { $count } voorstellen
 }
balance-ours-text = Dit is ons deel van de lijst voor iedereen. Er gebeurt niets voor je zelf op een knop drukt.
balance-own-matches = { $count ->
    [0] In onze eigen beste lijst vindt niemand iemand.
    [one] In onze eigen beste lijst vindt 1 nieuwkomer iemand.
   *[other] In onze eigen beste lijst vinden { $count } nieuwkomers iemand.
 }
balance-no-difference = Voor onze nieuwkomers zijn beide lijsten gelijk.
balance-others = { $count ->
    [one] 1 nieuwkomer krijgt hier een andere mentor.
   *[other] { $count } nieuwkomers krijgen hier een andere mentor.
 }
balance-lost = { $count ->
    [one] 1 nieuwkomer vindt hier niemand, en in onze eigen lijst wel.
   *[other] { $count } nieuwkomers vinden hier niemand, en in onze eigen lijst wel.
 }
balance-gained = { $count ->
    [one] 1 nieuwkomer vindt hier iemand, en in onze eigen lijst niet.
   *[other] { $count } nieuwkomers vinden hier iemand, en in onze eigen lijst niet.
 }
balance-unshared = { $count ->
    [one] 1 nieuwkomer staat niet bij partners en telt in deze lijst niet mee.
   *[other] { $count } nieuwkomers staan niet bij partners en tellen in deze lijst niet mee.
 }
balance-lent = { $count ->
    [one] 1 van onze mentors helpt hier een nieuwkomer van een andere gemeente.
   *[other] { $count } van onze mentors helpen hier een nieuwkomer van een andere gemeente.
 }
balance-beside-other = In onze eigen lijst: { $mentor }.
balance-beside-partner = In onze eigen lijst: een andere mentor in { $municipality }.
balance-beside-nobody = In onze eigen lijst vindt deze nieuwkomer niemand.
balance-barred = Dit kan niet: wij weten iets over deze nieuwkomer dat partners niet zien, of de twee probeerden het al eens. Kies iemand uit onze eigen lijst.

# Wat als
what-if-title = Wat als we anders wogen?
what-if-link = Probeer andere gewichten op het voorbije jaar
what-if-text = Probeer andere gewichten op het voorbije jaar. Je ziet hoeveel nieuwkomers dan een mentor vonden, hoe goed het paste en hoelang ze wachtten. Er verandert niets: wil je de gewichten houden, vul ze dan in bij de matchregels.
what-if-other = Andere gewichten
field-everybody = Reken alsof elke gemeente van het samenwerkingsverband zo weegt
field-mentors_since = Tel onze mentors pas mee vanaf de dag van hun inschrijving
what-if-button = Speel het jaar opnieuw
what-if-again = Begin opnieuw van onze regels
what-if-empty = Er is in het voorbije jaar nog niemand om te matchen. Zodra er nieuwkomers zijn, zie je hier wat andere gewichten zouden doen.
what-if-since = Het jaar sinds { $day }, opnieuw gematcht
what-if-untried = Dit geven de regels van nu. Kies andere gewichten om te vergelijken.
what-if-same = { $count ->
    [0] Geen enkel paar is in beide hetzelfde.
    [one] 1 paar is in beide hetzelfde.
   *[other] { $count } paren zijn in beide dezelfde.
 }
what-if-col = Wat
what-if-col-present = Regels van nu
what-if-col-other = Andere gewichten
what-if-matches = Nieuwkomers met een mentor
what-if-by-present = Gemiddelde score, gemeten met de regels van nu
what-if-by-other = Gemiddelde score, gemeten met de andere gewichten
what-if-waited = Gemiddeld gewacht tot de match
what-if-waiting = Wachten vandaag nog
what-if-waiting-days = Hoelang die gemiddeld al wachten
what-if-distance = Gemiddelde afstand
what-if-none = –
what-if-points = { $count ->
    [one] 1 op 100
   *[other] { $count } op 100
 }
what-if-days = { $count ->
    [one] 1 dag
   *[other] { $count } dagen
 }
what-if-counted = Wie meetelt
what-if-newcomers = { $count ->
    [one] 1 nieuwkomer van ons die toen wachtte of erbij kwam
   *[other] { $count } nieuwkomers van ons die toen wachtten of erbij kwamen
 }
what-if-mentors = { $count ->
    [one] 1 mentor van ons, met alle plaatsen
   *[other] { $count } mentors van ons, met al hun plaatsen
 }
what-if-partners-newcomers = { $count ->
    [one] 1 nieuwkomer op een kaart van een partner
   *[other] { $count } nieuwkomers op kaarten van partners
 }
what-if-partners-mentors = { $count ->
    [one] 1 mentor op een kaart van een partner, met de plaatsen die nu vrij zijn
   *[other] { $count } mentors op kaarten van partners, met de plaatsen die nu vrij zijn
 }
what-if-how = Elke week krijgt wie wacht de beste lijst die er is; een duo houdt de plaats van de mentor een half jaar bezet. Duo's die bij het begin van het jaar liepen, houden hun plaats tot hun einde. Van onze mensen telt het dossier zoals het nu is. Van partners telt een nieuwkomer vanaf het kwartaal op de kaart en een mentor het hele jaar. Wie niet instemde om over de grens gezocht te worden, vindt hier alleen iemand van ons.
what-if-not = Niet geteld: mensen die intussen vergeten of gearchiveerd zijn, kaarten die partners terugnamen of lieten verlopen, en de plaatsen van mentors van partners die nu bezet zijn. Een kaart blijft hoogstens negentig dagen. Wie bij een partner al een mentor vond, staat er dus niet meer bij.
what-if-real = { $count ->
    [0] In het echt begon in dat jaar geen duo met een nieuwkomer van ons.
    [one] In het echt begon in dat jaar 1 duo met een nieuwkomer van ons.
   *[other] In het echt begonnen in dat jaar { $count } duo's met een nieuwkomer van ons.
 }

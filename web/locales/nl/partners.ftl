partners-text = Met deze gemeenten wissel je kaarten en bladzijden uit. Personen blijven altijd thuis.
partners-empty = Nog geen partners. De beheerder nodigt een gemeente uit met de opdracht “overbuur invite”.
partners-drawing = Tekening van het samenwerkingsverband. De tabel hieronder zegt hetzelfde.
partners-state = Hoe het loopt
col-partner = Partner
col-connection = Verbinding
col-connected-since = Verbonden sinds
col-reconciled = Laatst bijgewerkt
col-held = Documenten hier
col-circles = Samenwerkingsverband
col-refused = Geweigerd
refused-nothing = Niets
partner-refused = { $count ->
    [one] 1 keer: { $reason }
   *[other] { $count } keer: { $reason }
 }
partner-forked = { $count ->
    [one] 1 keer twee verschillende dingen op één plaats geschreven. Het bewijs is bewaard.
   *[other] { $count } keer twee verschillende dingen op één plaats geschreven. Het bewijs is bewaard.
 }
partner-held-back = Vertraagd: deze gemeente stuurt wat geen eerlijk knooppunt stuurt. Verwittig de beheerder.
partner-certified-twice = Deze gemeente tekende twee certificaten met nummer { $serial }. Misschien draait daar een oude map naast de nieuwe. Misschien heeft iemand anders haar hoofdsleutel. Bel haar op een nummer dat je al kende. Weet zij niet hoe dit komt, schort haar dan op. Dit bericht verdwijnt als zij een nieuw certificaat tekent.
partners-paused = De schijf van deze computer is vol of werkt niet. Wat je deelt en wat partners delen, wacht tot er weer plaats is. Verwittig de beheerder.
circles-title = Samenwerkingsverbanden
circles-empty = Er is nog geen samenwerkingsverband.
arrangement = Afspraak: { $reference }
arrangement-none = nog niet vastgelegd
partners-population = Voor een kaart vertrekt, wordt geteld hoeveel inwoners op die nieuwkomer lijken.
population-link = Bekijk de bevolkingstabel

# Bevolkingstabel
population-title = Bevolkingstabel
population-text = Voor de kaart van een nieuwkomer naar partners gaat, telt dit programma hoeveel inwoners dezelfde taal en leeftijd hebben. Zijn dat er minder dan { $least }, dan blijft de taal of de leeftijd hier. Zo herkent niemand die persoon. De tabel bevat alleen aantallen en verlaat je gemeente nooit.
population-problem = Deze tabel is niet geladen
population-in-use = Nu in gebruik
population-none = Er is nog geen tabel. Zolang blijft elke taal behalve Nederlands, Frans en Engels hier. De leeftijd wordt geteld bij je eigen nieuwkomers.
population-since = In gebruik sinds
population-people = Inwoners van { $municipality } in de tabel
population-languages = Talen
population-rows = Rijen
population-load-first = Laad een tabel
population-load-next = Laad een andere tabel
population-file = Bestand met de tabel
population-file-hint = Een csv. De dienst bevolking kan hem maken. Je kan het bestand ook hierheen slepen.
population-button = Laad tabel
population-form-title = Hoe ziet de tabel eruit?
population-form = De eerste rij bevat de titels refnis, age_band, sex, home_language en persons. Daaronder één rij per groep inwoners:
population-form-refnis = refnis: de code van de gemeente, bijvoorbeeld 11029
population-form-band = age_band: de leeftijd, zoals 18-24, 25-34 of 65+
population-form-sex = sex: F, M of X, of leeg
population-form-language = home_language: de thuistaal als code, zoals ar voor Arabisch
population-form-persons = persons: het aantal inwoners
population-form-after = Een nieuwe tabel vervangt de vorige helemaal. Kaarten die al bij partners staan, passen zich vanzelf aan.
notice-population = De tabel is geladen.

# Eén partner
partner-suspended = Opgeschort sinds { $when }
partner-suspended-since = Opgeschort sinds { $when } door { $name }.
partner-suspended-why = Reden: { $why }
partner-suspended-itself = deze gemeente stuurde telkens weer wat geen eerlijk knooppunt stuurt ({ $why }). Bel haar op een nummer dat je al kende. Hervat pas als je weet wat er was.
# Waarom iets geweigerd is
turned-too-large = te groot
turned-malformed = niet te lezen
turned-unknown-format = van een nieuwere versie
turned-forged = de handtekening klopt niet
turned-unknown-author = van een onbekende gemeente
turned-signed-with-a-retired-key = getekend met een ingetrokken sleutel
turned-certificate-out-of-date = het certificaat is verlopen
turned-signed-in-the-future = getekend in de toekomst
turned-the-clock-of-this-node-is-wrong = de klok van deze computer staat verkeerd
turned-expired = al vervallen
turned-lives-too-long = langer geldig dan mag
turned-not-in-the-circle = niet voor dit samenwerkingsverband
turned-may-not-write-this = van iemand die dit niet mag schrijven
turned-superseded = er is al iets nieuwers
turned-written-on-another-opening = hoort bij een ander begin van de bladzijde
turned-unsafe-body = gevaarlijke inhoud
turned-does-not-fit-the-schema = een waarde die niet kan
turned-over-budget = meer dan er plaats is
turned-quarantined = inhoud die het programma doet vastlopen
turned-a-frame-over-the-limit = een bericht dat te groot is
partner-merged = Ging op in { $into }. Zodra alles van haar hier is, is zij geen partner meer.
departure-merged = ging op in { $into };
merged-ours = Deze gemeente ging op in { $into }. Een partner die dat gehoord heeft, staat niet meer in de lijst.
partner-suspended-text = Er gaat niets heen en er komt niets binnen. Haar kaarten zijn verborgen, en wat open staat, wacht.
partner-received-title = Wat zij van ons kreeg
partner-received-text = Dit ging naar deze partner en staat er misschien nog.
partner-received-nothing = Niets.
partner-tend-title = Beheer
partner-suspend-text = Schort op als je twijfelt. De verbinding valt meteen weg en je kan altijd weer hervatten.
field-why = Reden
partner-suspend-button = Schort op
partner-resume-button = Hervat de samenwerking
partner-leave-link = Beëindig de samenwerking …
partner-leave-title = Samenwerking met { $name } beëindigen
partner-leave-warning = Dit kan je niet ongedaan maken.
partner-leave-1 = Alles van deze partner verdwijnt hier, ook haar contactgegevens.
partner-leave-2 = Open voorstellen en lopende duo’s met deze partner stoppen.
partner-leave-3 = { $name } krijgt de vraag om alles van ons te wissen en daarvoor te tekenen. Ben je niet verbonden, dan blijft dit programma het vragen.
partner-leave-sure = Ja, beëindig de samenwerking met { $name }
partner-leave-button = Beëindig de samenwerking
notice-partner-suspended = { $name } is opgeschort.
notice-partner-resumed = De samenwerking met { $name } loopt weer.
notice-partner-left = { $name } is geen partner meer.
received-municipality_card = { $count ->
    [one] 1 gemeentekaart
   *[other] { $count } gemeentekaarten
 }
received-matching_rules = { $count ->
    [one] 1 keer onze regels
   *[other] { $count } keer onze regels
 }
received-mentor_offer = { $count ->
    [one] 1 mentoraanbod
   *[other] { $count } keer een mentoraanbod
 }
received-match_request = { $count ->
    [one] 1 mentorvraag
   *[other] { $count } mentorvragen
 }
received-proposal = { $count ->
    [one] 1 voorstel
   *[other] { $count } voorstellen
 }
received-answer = { $count ->
    [one] 1 antwoord
   *[other] { $count } antwoorden
 }
received-resource = { $count ->
    [one] 1 bladzijde
   *[other] { $count } bladzijden
 }
received-duo_progress = { $count ->
    [one] stand van 1 duo
   *[other] stand van { $count } duo’s
 }
received-comment = { $count ->
    [one] 1 opmerking
   *[other] { $count } opmerkingen
 }
received-indicator_report = { $count ->
    [one] 1 verslag met cijfers
   *[other] { $count } verslagen met cijfers
 }
received-contact_sheet = { $count ->
    [one] contactgegevens van 1 persoon
   *[other] contactgegevens van { $count } personen
 }
departures-title = Geen partner meer
departure-confirmed = sinds { $when }; bevestigde dat alles van ons daar gewist is
departure-waits = sinds { $when }; wacht op het bewijs dat alles van ons daar gewist is

# Invoer
import-title = Neem een lijst over
import-text = Kies je lijst zoals ze is. Je ziet eerst wat er begrepen is; pas daarna wordt iets bewaard.
import-problem = Deze lijst kan niet worden gelezen
import-file = Bestand met de lijst
import-file-hint = Excel, LibreOffice of csv, tot 10 MB. Je kan het bestand ook hierheen slepen.
import-read = Lees lijst
import-what-title = Wat er gebeurt
import-what-1 = Kolommen worden herkend aan wat erin staat. Je kan elke keuze aanpassen.
import-what-2 = Een kolom met rijksregisternummers wordt geweigerd en nooit bewaard.
import-what-3 = Opmerkingen komen alleen mee als je ze per rij aanvinkt. Vaak gaan ze over gezondheid.
import-what-4 = Het bestand zelf wordt niet bewaard. Twee keer dezelfde lijst verandert niets.
import-preview-title = { $file }: wat is begrepen
import-report-title = { $file }: overgenomen
import-preview-text = Nog niets is bewaard. Kijk na, pas aan, en neem dan over.
import-report-text = Dit is er met elke rij gebeurd.
import-to-list = Bekijk de lijst
import-counts = In het kort
import-taken = { $count ->
    [one] 1 nieuwe persoon
   *[other] { $count } nieuwe personen
 }
import-updated = { $count ->
    [one] 1 persoon met iets nieuws
   *[other] { $count } personen met iets nieuws
 }
import-unchanged = { $count ->
    [one] 1 persoon was er al, zonder wijziging
   *[other] { $count } personen waren er al, zonder wijziging
 }
import-refused = { $count ->
    [one] 1 rij geweigerd
   *[other] { $count } rijen geweigerd
 }
import-with-remark = { $count ->
    [one] Bij 1 persoon is iets niet helemaal begrepen
   *[other] Bij { $count } personen is iets niet helemaal begrepen
 }
import-sheet = Blad “{ $name }”
import-remembered = Deze indeling kennen we van de vorige keer.
import-side = Wie staat in deze lijst?
import-leave-out = Laat dit blad weg
import-columns = Onze woorden boven jouw kolommen
import-heading-row = De titels staan op rij { $row }.
import-rrn = Geweigerd: rijksregisternummer
import-column-label = Betekenis van de kolom { $heading }
import-rows = Rij per rij
import-minor = Jonger dan 18, wordt nooit gedeeld
import-take-remarks = Neem de opmerking van deze rij mee
import-take = Neem deze personen over
import-again = Lees opnieuw met mijn keuzes
import-remark = { $field }: { $what }
import-remark-said = { $field } “{ $said }”: { $what }
col-row = Rij
col-outcome = Wat gebeurt
col-understood = Wat begrepen is
col-remarks = Wat niet
outcome-taken = Nieuw
outcome-taken-remark = Nieuw, met een opmerking
outcome-updated = Wordt aangevuld
outcome-unchanged = Was er al
outcome-refused = Geweigerd: { $reason }
import-sheet-not-a-list = Dit blad is geen lijst van personen. Het wordt overgeslagen.
import-sheet-no-rows = Dit blad heeft titels, maar geen rijen.
import-sheet-no-name-column = Dit blad heeft geen kolom met namen.
import-sheet-side-unknown = We weten niet of dit nieuwkomers of mentors zijn. Kies het hieronder.
import-sheet-left-out = Dit blad laat je weg.
import-quotes-unbalanced = Er ontbreekt een aanhalingsteken in dit bestand. Kijk de rijen goed na.
import-rows-left-off = Dit blad is te lang. De laatste rijen zijn niet gelezen.
import-columns-left-off = Dit blad is te breed. De laatste kolommen zijn niet gelezen.
import-row-no-name = geen naam
import-row-double = staat al eerder in deze lijst
import-row-total = een rij met een totaal
import-birth-unlikely = deze leeftijd lijkt niet te kloppen
import-cefr-unknown = dit niveau bestaat niet
import-contact-unknown = hier staat geen telefoon of mail
import-corrected-here = hier intussen verbeterd, dat blijft
import-date-impossible = deze dag bestaat niet
import-date-in-future = deze dag ligt in de toekomst
import-date-unknown = dit is geen datum
import-domain-unknown = niet herkend
import-interest-unknown = niet herkend
import-language-unknown = deze taal kennen we niet
import-lives-elsewhere = woont in een andere gemeente
import-name-one-word = maar één woord als naam
import-number-unknown = dit is geen getal
import-occupation-unknown = dit beroep staat niet in de lijst, de tekst blijft
import-place-unknown = deze gemeente kennen we niet
import-rrn-refused = rijksregisternummer, niet bewaard
import-sector-unknown = deze sector kennen we niet
import-sex-unknown = niet herkend
import-slot-unknown = dit moment is niet herkend
import-text-clipped = de tekst was te lang en is ingekort
import-wish-unknown = deze wens is niet herkend
meaning-skip = Neem niet over
meaning-national_number = Rijksregisternummer
meaning-full_name = Voor- en familienaam samen
meaning-given_name = Voornaam
meaning-family_name = Familienaam
meaning-birth = Geboren
meaning-birth_date = Geboortedatum
meaning-birth_year = Geboortejaar
meaning-age = Leeftijd
meaning-sex = Geslacht
meaning-contact = Telefoon en mail samen
meaning-phone = Telefoon
meaning-email = Mailadres
meaning-address = Adres met gemeente
meaning-street = Straat
meaning-postal_code = Postcode
meaning-municipality = Woonplaats
meaning-country = Land van herkomst
meaning-mother_tongue = Moedertaal
meaning-languages = Talen
meaning-dutch = Nederlands
meaning-education = Opleiding
meaning-former_work = Werk in het land van herkomst
meaning-occupation = Beroep
meaning-sector = Sector
meaning-domains = Waarmee
meaning-slots = Wanneer vrij
meaning-interests = Interesses
meaning-wishes = Wensen
meaning-capacity = Nieuwkomers tegelijk
meaning-radius = Kilometer
meaning-meets_in = Spreekt af in
meaning-children = Kinderen
meaning-recruited_via = Gekomen via
meaning-registered_on = Dag van inschrijving
meaning-remarks = Opmerkingen

# Matchregels
rules-title = Matchregels
partners-rules = Elke gemeente kiest wat bij het zoeken het zwaarst telt.
rules-link = Bekijk de matchregels
rules-text = Wat telt hoe zwaar als een mentor voor een nieuwkomer gezocht wordt. Een paar over een grens voldoet aan de regels van beide gemeenten, en zijn score is het gemiddelde van beide.
rules-own = Onze regels
rules-own-text = Geef elk onderwerp punten, van 0 tot { $most }. Alleen de verhouding telt: een onderwerp met dubbel zoveel punten weegt dubbel zo zwaar.
rules-save = Bewaar en deel de regels
rules-usual = Neem de gewone regels terug
rules-usual-text = Je regels wijken af van de gewone.
rules-partners = De regels van onze partners
rules-partners-text = Elke gemeente kiest haar eigen regels. Je kan ze hier lezen, niet wijzigen.
rules-no-partners = Er zijn nog geen partners.
rules-subject = Onderwerp
rules-newer = { $municipality } werkt met een nieuwere versie van Overbuur. Wat wij niet begrijpen, telt hier niet mee; de rest wel. Werk Overbuur bij.
rules-none = { $municipality } deelde nog geen regels. We rekenen met de gewone.
field-min_dutch = Nederlands dat volstaat
hint-min_dutch = Als twee mensen geen andere taal delen.
field-points-occupation = Zelfde beroep
field-points-sector = Zelfde sector
field-points-domains = Gedeelde domeinen
field-points-proximity = Dichtbij
field-points-languages = Gedeelde talen
field-points-interests = Gedeelde interesses
field-points-slots = Momenten die passen
field-points-wishes = Wensen die uitkomen
field-points-waiting = Lang wachten
rules-exchange = Wat wij van de uitwisseling vragen
rules-exchange-text = Dit telt mee als het samenwerkingsverband kijkt of de uitwisseling in evenwicht is. Laat leeg wat je aan anderen overlaat. Partners zien wat je hier vraagt.
rules-exchange-nothing = vraagt niets
rules-older = { $municipality } werkt met een oudere versie van Overbuur. Zolang dat zo is, ziet niemand in dat samenwerkingsverband wat wij van de uitwisseling vragen.
rules-unknown = We weten nog niet met welke versie van Overbuur { $municipality } werkt. Zolang dat zo is, ziet niemand in dat samenwerkingsverband wat wij van de uitwisseling vragen. Na het eerste contact weten we het vanzelf.
field-exchange-lends = Mentors uitlenen, hoogstens
hint-exchange-lends = Hoogstens zoveel meer dan we er krijgen.
field-exchange-receives = Mentors krijgen, hoogstens
hint-exchange-receives = Hoogstens zoveel meer dan we er uitlenen.
field-exchange-share = Iemand vinden, minstens (%)
hint-exchange-share = Van al onze nieuwkomers vindt minstens dit deel iemand.
field-exchange-long_share = Wie lang wacht, minstens (%)
hint-exchange-long_share = Van wie al een half jaar wacht, vindt minstens dit deel iemand.
error-exchange-net = Geef een heel getal van 0 tot 10 000, of laat dit leeg.
error-exchange-percent = Geef een heel getal van 0 tot 100, of laat dit leeg.
error-points = Geef een getal van 0 tot 1000, zonder komma.
error-points-none = Geef minstens één onderwerp punten. Anders is elke mentor even goed.
notice-rules = De regels zijn bewaard en gaan naar je partners.

# Waarde van het samenwerkingsverband
circle-title = Wat samenwerken oplevert
partners-circle = Dezelfde nieuwkomers en mentors, alleen en samen.
circle-link = Bekijk wat samenwerken oplevert
circle-text = Dezelfde kaarten, telkens zo goed mogelijk gematcht: elke gemeente alleen, in groepen van buren, en allemaal samen.
circle-empty = Zodra er nieuwkomers gedeeld zijn, zie je hier hoeveel er alleen en samen een mentor vinden.
circle-drawing = Deel van de nieuwkomers dat een mentor vindt, per grootte van de groep. De tabel hieronder zegt hetzelfde.
circle-sizes = Alleen, met buren, samen
circle-requests = { $count ->
    [one] 1 gedeelde nieuwkomer zoekt een mentor.
   *[other] { $count } gedeelde nieuwkomers zoeken een mentor.
 }
circle-alone = Elke gemeente alleen
circle-group = { $count ->
    [one] In groepen van 1 gemeente
   *[other] In groepen van { $count } gemeenten
 }
circle-all = { $count ->
    [one] De gemeente
   *[other] Alle { $count } samen
 }
circle-of = { $matched } van { $all } vinden een mentor
circle-no-distance = –
circle-col-size = Wie met wie
circle-col-matched = Vinden een mentor
circle-col-share = Deel
circle-col-distance = Gemiddelde afstand
circle-towns = Per gemeente
circle-col-asks = Zoeken
circle-col-alone = Alleen gevonden
circle-col-together = Samen gevonden
circle-col-lent = Mentors uitgeleend

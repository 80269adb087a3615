today-worth = Alleen vinden { $alone } van de { $all } nieuwkomers een mentor. Samen { $together }.
today-worth-label = Alleen en samen
today-gain = { $alone } alleen, { $together } samen, van { $all }
today-key-alone = alleen, met eigen mentors
today-key-together = erbij door samen te zoeken
today-key-rest = nog zonder mentor
today-mine = Wacht op jou
today-mine-empty = Er wacht niets op jou. Een goede week: één gesprek, één match, één duo gehoord.
today-begin = Hier staat straks wat op jou wacht. Begin met je lijst van nieuwkomers en mentors, of met één intake.
today-begin-verb = Begin een intake
today-mine-empty-verb = Zoek een mentor voor een nieuwkomer
today-partners = Wacht op een partner
today-partners-empty = Geen enkele partner moet je nog iets laten weten.
today-news = Nieuw in het netwerk
today-news-empty = De voorbije week is er niets bij gekomen.
urgent = Nu
today-waits-days = { $count ->
    [0] Kwam vandaag binnen.
    [one] Wacht 1 werkdag.
   *[other] Wacht { $count } werkdagen.
 }
today-answer = { $municipality } vraagt { $mentor } als mentor.
today-answer-asked = De mentor is gevraagd.
today-answer-verb = Beantwoord
today-confirm = { $municipality } houdt een mentor vrij voor { $newcomer }.
today-held = Vrijgehouden tot { $until }.
today-confirm-verb = Bevestig
today-first-meeting = { $names }: hoe was de eerste ontmoeting?
today-matched = Match van { $on }.
today-first-meeting-verb = Noteer antwoord
today-alarm-verb = Bekijk duo
alarm-first-meeting = { $count ->
    [one] 1 dag na de match is nog niet gezegd hoe de eerste ontmoeting was
   *[other] { $count } dagen na de match is nog niet gezegd hoe de eerste ontmoeting was
 }
alarm-quiet = al { $count } dagen geen ontmoeting
alarm-review = het tussentijds gesprek had moeten plaatsvinden op { $on }
alarm-six-months = zes maanden bereikt op { $on }, tijd voor het afrondingsgesprek
today-not-shared = { $count ->
    [one] { $who } heeft nog geen toestemming gegeven om over de grens te zoeken.
   *[other] { $who } hebben nog geen toestemming gegeven om over de grens te zoeken.
 }
today-not-screened = { $count ->
    [one] Van 1 mentor is de screening nog niet gezien.
   *[other] Van { $count } mentors is de screening nog niet gezien.
 }
today-not-shared-verb = Registreer toestemming
today-shareable = { $count ->
    [one] { $who } kan mee zoeken bij de partners.
   *[other] { $who } kunnen mee zoeken bij de partners.
 }
today-shareable-verb = Bekijk en deel
today-minors = { $count ->
    [one] 1 nieuwkomer is jonger dan 18 en wordt nooit gedeeld.
   *[other] { $count } nieuwkomers zijn jonger dan 18 en worden nooit gedeeld.
 }
today-handover-consent = { $name } moet nog toestemming geven om contactgegevens door te geven.
today-handover-verb = Vraag toestemming
today-library-draft = Een tekst van jou kon niet in het netwerk komen. Hij is bewaard.
today-places-unsure = { $name } is misschien al beloofd aan een partner, na de laatste reservekopie.
notice-places-checked = De plaatsen van deze mentor tellen weer mee.
today-partner-suspended = Dit programma heeft { $municipality } opgeschort. Die gemeente stuurde telkens weer wat geen eerlijk knooppunt stuurt: { $why }. Bel haar op een nummer dat je al kende.
today-resource-held = Een gemeente vroeg om de bladzijde “{ $title }” te verbergen.
today-expiring = { $count ->
    [one] 1 kaart vervalt bij de partners op { $first }.
   *[other] { $count } kaarten vervallen bij de partners, de eerste op { $first }.
 }
today-look-verb = Bekijk
today-for-answer = { $municipality } moet nog antwoorden voor { $newcomer }.
today-for-confirmation = { $municipality } moet { $mentor } nog bevestigen.
today-for-acknowledgement = { $municipality } moet de match van { $newcomer } nog vastleggen.
today-for-yes = { $municipality } moet nog vragen of het klikt met { $names }.
today-handover-under-way = Contactgegevens zijn onderweg naar { $municipality }.
today-since = Sinds { $when }.
today-new-mentors = { $count ->
    [one] { $municipality } deelt een nieuwe mentor.
   *[other] { $municipality } deelt { $count } nieuwe mentors.
 }
today-new-mentors-verb = Zoek een match
today-new-resource = “{ $title }” is bijgewerkt in { $municipality }.
today-read-verb = Lees

# Wat er gebeurd is
notice-intake = De intake van { $name } is bewaard.
notice-consent = De toestemming is bewaard.
notice-no-consent = Bewaard: geen toestemming. Wat gedeeld was, wordt bij de partners gewist.
notice-consent-many = Toestemming bewaard voor { $name }.
notice-screening = De screening is bewaard.
notice-screening-many = Screening bewaard voor { $name }.
notice-published = Partners zien nu de kaart, zonder naam.
notice-card-withdrawn = De kaart is ingetrokken. Partners wissen ze.
notice-erased = De persoon is vergeten. { $name }
erased-documents = { $count ->
    [0] Er was niets gedeeld.
    [one] Partners wissen 1 gedeelde kaart.
   *[other] Partners wissen { $count } gedeelde documenten.
 }
notice-proposed = Het voorstel is verstuurd.
notice-slip-empty = Kies eerst een antwoord, en bewaar dan.
notice-matched-here = Het duo is gemaakt. Spreek een eerste ontmoeting af.
notice-match-undone = Het duo is weer uit elkaar. De nieuwkomer zoekt verder.
notice-asked = Genoteerd: de mentor is gevraagd.
notice-yes = Je antwoord is verstuurd. De plaats is vrijgehouden.
notice-no = Je antwoord is verstuurd.
notice-confirmed = Bevestigd. De andere gemeente legt de match nu vast.
notice-withdrawn = Het voorstel is ingetrokken.
notice-said-yes = Genoteerd: ja.
notice-said-no = Genoteerd: nee. De plaats komt weer vrij.
notice-plan = Het staat in het plan.
notice-plan-done = Aangeduid als klaar.
notice-plan-open = Weer open gezet.
notice-note = De notitie is bewaard.
notice-meeting = De ontmoeting is bewaard.
notice-removed = Verwijderd.
notice-duo-step = Bewaard.
notice-resource = De bladzijde is bewaard.
notice-resource-new = De bladzijde staat in het netwerk.

# Kennismakingsavonden
evenings-title = Kennismakingsavonden
evenings-text = Op één avond ontmoeten nieuwkomers en mentors elkaar in korte gesprekken. Overbuur maakt de tafelschikking en brengt de briefjes samen.
evenings-empty = Nog geen avond gepland. Kies wie komt en hoeveel tafels er zijn; de tafelschikking volgt vanzelf.
evening-new = Plan een avond
evening-plan = Maak de tafelschikking
evening-form-text = Niemand zit twee keer samen en niemand zit zonder reden stil. Je krijgt zo weinig rondes als kan.
evening-when = Wanneer en hoe
evening-who = Wie komt
evening-who-text = Alleen eigen nieuwkomers die nog iemand zoeken en mentors met een vrije plaats. Wie niet bij elkaar past, zit ook niet samen.
field-tables = Tafels
hint-tables = Aan elke tafel één gesprek tegelijk.
field-round_minutes = Minuten per ronde
field-most_dates = Gesprekken per persoon
hint-most_dates = Ten hoogste. De best passende eerst.
field-newcomers = Nieuwkomers
field-mentors = Mentors
guest-newcomer = Nieuwkomer
guest-mentor = Mentor
evening-guests = { $count ->
    [one] 1 gast
   *[other] { $count } gasten
 }
evening-rounds = { $count ->
    [one] 1 ronde
   *[other] { $count } rondes
 }
col-guests = Gasten
col-rounds = Rondes
col-table = Tafel
col-number = Nummer
col-side = Wie
col-meets = Gesprekken
col-slip = Briefje
col-there = Aanwezig
col-says = Wat ze zeggen
col-do = Volgende stap
evening-facts = { $on } · { $tables } tafels · { $minutes } minuten per ronde
evening-rota = Tafelschikking
evening-minimal = { $count ->
    [one] 1 ronde volstaat.
   *[other] { $count } rondes. Minder kan niet: zoveel gesprekken heeft de drukste gast, of zo vaak zijn alle tafels bezet.
 }
evening-round = Ronde { $number }
evening-now = nu bezig
evening-done = voorbij
evening-begin = Begin ronde { $number }
evening-pause = Even vrij: nummer { $who }.
evening-alone = { $count ->
    [one] 1 gast heeft nog geen gesprek: niemand van de andere gasten past. Nodig nog iemand uit en zet die er hieronder bij.
   *[other] { $count } gasten hebben nog geen gesprek: niemand van de andere gasten past. Nodig nog iemand uit en zet die er hieronder bij.
 }
evening-nobody = Een avond vraagt nieuwkomers die nog iemand zoeken en mentors met een vrije plaats. Neem eerst een lijst over of maak een intake.
evening-nobody-fits = Niemand van deze gasten past bij elkaar. Kijk na of ze een taal, een domein en een moment delen.
evening-erased = gewist
evening-absent = er niet
evening-is-absent = Is er niet
evening-is-there = Is er toch
evening-late = Komt er nog iemand bij?
evening-late-add = Zet deze gast erbij
evening-outcome = Wat de briefjes zeggen
evening-open-slips = { $count ->
    [one] Nog 1 gesprek zonder antwoord op een briefje.
   *[other] Nog { $count } antwoorden ontbreken op de briefjes.
 }
evening-no-outcome = Nog niemand die elkaar allebei kiest. Vul de briefjes in na elke ronde.
evening-stable = Wie elkaar het liefst wil
evening-stable-text = Geen twee mensen zouden allebei liever met elkaar verdergaan dan met wie ze nu kregen.
evening-fullest = De meeste matches
evening-fullest-text = Zoveel mogelijk mensen krijgen iemand die ze allebei zien zitten.
evening-alike = Zo krijgen ook de meeste mensen iemand.
evening-says = nieuwkomer: { $newcomer }; mentor: { $mentor }
evening-match = Maak een duo
evening-delete = Wis deze avond
evening-delete-text = De tafelschikking en de briefjes verdwijnen. De personen en hun matches blijven.
evening-delete-sure = Ja, wis de avond met alle briefjes
slip-title = Briefje van nummer { $number }
slip-of = Briefje { $number }
slip-text = Zeg na elk gesprek of je verder wil. De ander ziet dit niet.
slip-line = Ronde { $round }, tafel { $table }: nummer { $other }
slip-gladly = Graag
slip-maybe = Kan
slip-no = Liever niet
slip-save = Bewaar antwoorden
slip-back = Terug naar de avond
slip-saved = Bewaard. Je kan je antwoorden nog aanpassen.
slip-empty = Na de eerste ronde vul je hier in met wie je verder wil.
slip-phone = Toon een code voor een telefoon
slip-phone-text = De gast kan het briefje zelf invullen op een telefoon. Een nieuwe code maakt de vorige ongeldig.
slip-address-text = Laat de gast deze code inlezen. Wie ze heeft, kan dit briefje invullen; er staan alleen nummers op.
slip-drawing = Code met het adres van het briefje. Het adres staat eronder.
error-evening-tables = Geef een getal van 1 tot 100.
error-evening-minutes = Geef een getal van 1 tot 60.
error-evening-dates = Geef een getal van 1 tot 20.
error-evening-guests = Kies minstens één persoon.
error-evening-full = Ten hoogste 200 gasten op één avond.
error-evening-past = Deze dag is voorbij. Kies vandaag of later.
error-evening-too-long = Zo duurt de avond te lang. Neem meer tafels of minder gesprekken per persoon.
error-evening-over = Dit was de laatste ronde.
error-evening-guest-there = Deze persoon staat er al bij.
notice-evening = De tafelschikking is klaar.
notice-round = De ronde is begonnen.
notice-round-back = De ronde is weer niet begonnen.
notice-once = Dat was al gebeurd.
notice-absent = De volgende rondes zijn aangepast.
notice-present = De volgende rondes zijn aangepast.
notice-late = De nieuwe gast zit mee aan tafel vanaf de volgende ronde.
notice-slip-newer = Er is intussen een nieuwere code. Die geldt. Toon hieronder een nieuwe als je ze niet meer hebt.
notice-slip = Het briefje is bewaard.
notice-evening-deleted = De avond is gewist.

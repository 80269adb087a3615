library-text = Onthaalfiches, goede praktijken en oefenplekken. Iedereen in het netwerk leest en schrijft mee.
library-write = Schrijf een bladzijde
library-new = Nieuwe bladzijde
library-edit = Bewerk bladzijde
library-edit-title = Bewerk “{ $title }”
library-found = { $count ->
    [0] Geen bladzijden
    [one] 1 bladzijde
   *[other] { $count } bladzijden, de nieuwste eerst
 }
library-empty = Nog geen bladzijden. Schrijf de eerste: hoe vraag je een plaats in de kinderopvang, wat kost de bibliotheek?
library-nothing = Geen enkele bladzijde past bij deze vraag.
library-byline = { $writers }, { $on }
library-draft = Je tekst “{ $title }” kon niet bij de bladzijde komen. Hij is bewaard.
library-changed = Gewijzigd op { $on }
library-owner = Begonnen in { $name }
library-writer = { $count ->
    [one] { $name }, 1 wijziging
   *[other] { $name }, { $count } wijzigingen
 }
library-writers = Schreven mee
library-audience = Wie leest en schrijft
library-about = Over deze bladzijde
library-until = Blijft staan tot
library-no-body = Deze bladzijde heeft nog geen tekst.
library-comments = Opmerkingen
library-comment = Plaats opmerking
library-comment-hint = Te lezen in { $audience }.
library-form-text = Te lezen en te wijzigen in { $audience }. Schrijf nooit iets over een persoon.
library-save = Bewaar voor { $audience }
library-withdraw = Haal deze bladzijde weg
library-withdraw-text = De bladzijde verdwijnt bij alle partners. Dit kan je niet ongedaan maken.
library-withdraw-button = Haal bladzijde weg
notice-resource-waiting = Je tekst is bewaard en komt zo in de bladzijde.
notice-resource-draft = Je tekst kon niet in de bladzijde komen. Hij is bewaard bij Lerend netwerk.
notice-resource-gone = De bladzijde is weggehaald.
notice-comment = Je opmerking is geplaatst.
kind-welcome_sheet = Onthaalfiche
kind-good_practice = Goede praktijk
kind-training = Vorming
kind-practice_opportunity = Oefenplek
kind-event = Activiteit
kind-organisation = Organisatie
licence-cc-by-4-0 = Vrij gebruik met bronvermelding
licence-cc-by-sa-4-0 = Vrij gebruik met bronvermelding, gelijk delen
licence-cc0-1-0 = Vrij gebruik
field-title = Titel
field-body = Tekst
hint-body = Een regel met # ervoor wordt een titel, met - ervoor een punt in een lijst.
field-kind = Soort
field-soort = Soort
field-language = Taal
field-tags = Trefwoorden
hint-tags = Met een komma ertussen
field-licence = Gebruik
field-review_on = Kijk opnieuw na op
field-text = Opmerking
error-unknown = Kies uit de lijst.
error-rrn = Hier staat een rijksregisternummer. Haal het weg: het wordt nooit bewaard.
error-no-circle = Er zijn nog geen partners om mee te delen.
error-not-ours = Alleen de gemeente die de bladzijde begon, kan ze weghalen.

# Gewist bij partners
erasures-title = Gewist bij partners
erasures-text = Wat je introk of vergat, wordt ook bij je partners gewist. Elke partner tekent een ontvangstbewijs. Is een partner niet verbonden, dan blijft dit programma het proberen.
erasures-empty = Er is nog niets gewist bij een partner.
erasures-link = Bekijk wat bij partners gewist is
partners-erasures = Van elke kaart die je introk of vergat, tekent elke partner dat ze gewist is.
erasure-documents = { $count ->
    [one] 1 kaart of bericht
   *[other] { $count } kaarten en berichten
 }
erasure-waits = wacht op bevestiging
erasure-done = overal gewist
receipt-came = { $name } tekende op { $when } dat alles gewist is.
receipt-awaited = Wacht op het bewijs van { $name }.
partner-receipts-title = Bewijzen van wissen
partner-receipts-came = { $count ->
    [one] 1 bewijs ontvangen
   *[other] { $count } bewijzen ontvangen
 }
partner-receipts-awaited = { $count ->
    [one] wacht nog op 1 bewijs
   *[other] wacht nog op { $count } bewijzen
 }

# Certificaten
certificate-own-ends = Het certificaat van je gemeente geldt tot { $when }. Vraag de beheerder om het te vernieuwen met “overbuur renew”.
certificate-own-ended = Het certificaat van je gemeente is verlopen op { $when }. Zolang is er geen verbinding met partners, en wat je deelt of terugneemt wacht. De beheerder vernieuwt het met “overbuur renew”.
certificate-own-twice = Je gemeente tekende twee certificaten met nummer { $serial }. Draait er nog een oude map van jullie, laat de beheerder die dan stoppen en een nieuw certificaat tekenen met “overbuur renew”. Weet niemand hoe dit komt, dan heeft misschien iemand anders je hoofdsleutel. Bel dan je partners.
certificate-ends = Het certificaat van { $name } geldt tot { $when }. { $name } moet het vernieuwen.
certificate-ended = Het certificaat van { $name } is verlopen op { $when }. Vraag { $name } om een nieuw certificaat.

# Na herstel uit een reservekopie
error-recovering = Dit knooppunt is hersteld uit een reservekopie en wacht nog op wat partners bewaarden. Probeer het straks opnieuw.

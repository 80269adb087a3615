# Pourquoi deux personnes vont ensemble. Le reste du programme parle néerlandais.
strength-strong = Très bonne combinaison
strength-good = Bonne combinaison
strength-possible = Possible
reason-same-occupation = Même métier : { $occupation }
reason-related-occupation = Métier proche : { $occupation }
reason-same-sector = Même secteur : { $sector }
reason-domains = Aide pour { $domains }
reason-same-place = Dans la même commune
reason-distance = Tout près : { $distance }
reason-languages = Parlent tous deux { $languages }
reason-interests = Aiment tous deux { $interests }
reason-slots = Libres tous deux { $slots }
reason-wish = { $side } souhaite { $about } : c’est le cas
reason-waits = { $count ->
    [one] Attend depuis 1 trimestre
   *[other] Attend depuis { $count } trimestres
 }
miss-occupation = A un autre métier que { $occupation }
miss-sector = Ne travaille pas dans le secteur { $sector }
miss-domain = N’aide pas pour { $domain }
miss-language = Ne parle pas { $language }
miss-wish = { $side } préférait { $about }
miss-wish-unknown = { $side } préférait { $about } ; ce n’est pas connu
misfit-full = n’a plus de place pour le moment.
misfit-failed-before = n’a pas convenu à cette personne auparavant.
misfit-not-shared = vient d’un partenaire, et cette personne n’est pas partagée.
misfit-domain = aide seulement pour { $offered }.
misfit-language = parle { $mentor }. Avec le néerlandais au niveau { $needed }, c’est possible.
misfit-far = est à { $distance }. { $side } se déplace jusqu’à { $radius } km ; avec { $needed } km, c’est possible.
misfit-no-slots = impossible : { $side } n’a pas encore dit quand.
misfit-slots = est libre seulement { $mentor }.
misfit-wish = ne convient pas : { $side } veut { $about }.
misfit-contradict = impossible : { $side } a deux souhaits qui s’excluent.
local-check = Vérifiez vous-même : { $side } veut { $about }.
subject-occupation = le métier
subject-sector = le secteur
subject-domains = ce pour quoi le mentor aide
subject-proximity = la distance
subject-languages = les langues
subject-interests = les centres d’intérêt
subject-slots = les moments libres
subject-wishes = les souhaits
subject-waiting = l’attente
why-behind = Le premier l’emporte surtout par { $subject }.
why-equal = Les deux conviennent autant ; seul l’ordre diffère.
why-no-single = Aucun changement à lui seul n’y changerait rien.
why-change = Serait en tête { $change }.
change-proximity = si la distance est de { $distance } au plus
change-occupation = si le mentor a le même métier
change-sector = si le mentor travaille dans le même secteur
change-domains = { $count ->
    [one] si le mentor aide pour une chose de plus
   *[other] si le mentor aide pour { $count } choses de plus
 }
change-languages = { $count ->
    [one] s’ils partagent une langue de plus
   *[other] s’ils partagent { $count } langues de plus
 }
change-interests = { $count ->
    [one] s’ils partagent un centre d’intérêt de plus
   *[other] s’ils partagent { $count } centres d’intérêt de plus
 }
change-slots = { $count ->
    [one] s’ils partagent un moment de plus
   *[other] s’ils partagent { $count } moments de plus
 }
change-wishes = { $count ->
    [one] si un souhait de plus est rempli
   *[other] si { $count } souhaits de plus sont remplis
 }
the-newcomer = Le nouvel arrivant
the-mentor = Le mentor
same-municipality = même commune
band-open = { $from } ans ou plus
wish-sex-female = une femme
wish-sex-male = un homme
wish-sex-other = une personne de genre X
wish-age = quelqu’un de { $band } ans
wish-language = quelqu’un qui parle { $language }
wish-nearby = quelqu’un de proche
wish-same-sector = quelqu’un du même secteur
domain-work = Travail
domain-volunteering = Bénévolat
domain-leisure = Loisirs
domain-education = Formation
domain-language = Pratiquer le néerlandais
domain-administration = Démarches administratives
sector-administration = Administration
sector-agriculture = Agriculture et horticulture
sector-construction = Construction
sector-education = Enseignement
sector-finance = Finance
sector-care = Soins
sector-hospitality = Horeca
sector-it = Informatique
sector-industry = Industrie
sector-law = Droit
sector-logistics = Logistique
sector-media = Médias
sector-metal = Métal
sector-retail = Commerce
sector-services = Services
sector-transport = Transport
sector-public = Pouvoirs publics et travail social
sector-culture = Culture
interest-chess = Échecs et jeux de société
interest-cooking = Cuisine
interest-cycling = Vélo
interest-film = Cinéma
interest-football = Football
interest-gardening = Jardinage
interest-music = Musique
interest-photography = Photographie
interest-reading = Lecture
interest-sewing = Couture et travaux d’aiguille
interest-swimming = Natation
interest-walking = Marche
interest-sport = Autre sport
interest-travel = Voyages
interest-arts = Art, théâtre et musées
short-mon = lu
short-tue = ma
short-wed = me
short-thu = je
short-fri = ve
short-sat = sa
short-sun = di
part-morning = matin
part-afternoon = après-midi
part-evening = soir

# Why two people go together. The rest of the program speaks Dutch.
strength-strong = Strong match
strength-good = Good match
strength-possible = Possible
reason-same-occupation = Same trade: { $occupation }
reason-related-occupation = Related trade: { $occupation }
reason-same-sector = Same sector: { $sector }
reason-domains = Helps with { $domains }
reason-same-place = In the same municipality
reason-distance = Nearby: { $distance }
reason-languages = Both speak { $languages }
reason-interests = Both like { $interests }
reason-slots = Both are free { $slots }
reason-wish = { $side } wishes for { $about }, and that is so
reason-waits = { $count ->
    [one] Has waited for 1 quarter
   *[other] Has waited for { $count } quarters
 }
miss-occupation = Has another trade than { $occupation }
miss-sector = Does not work in { $sector }
miss-domain = Does not help with { $domain }
miss-language = Does not speak { $language }
miss-wish = { $side } would rather have { $about }
miss-wish-unknown = { $side } would rather have { $about }; that is not known
misfit-full = has no place left now.
misfit-failed-before = did not go together with this newcomer before.
misfit-not-shared = is a partner’s, and this newcomer is not shared.
misfit-domain = only helps with { $offered }.
misfit-language = speaks { $mentor }. With Dutch at level { $needed } it would do.
misfit-far = is { $distance } away. { $side } travels { $radius } km; { $needed } km would do.
misfit-no-slots = cannot: { $side } has not said when yet.
misfit-slots = is only free { $mentor }.
misfit-wish = does not fit: { $side } wants { $about }.
misfit-contradict = cannot: { $side } has two wishes that exclude each other.
local-check = Check for yourself: { $side } wants { $about }.
subject-occupation = the trade
subject-sector = the sector
subject-domains = what the mentor helps with
subject-proximity = the distance
subject-languages = the languages
subject-interests = the interests
subject-slots = the free moments
subject-wishes = the wishes
subject-waiting = the waiting
why-behind = The first one is ahead mostly by { $subject }.
why-equal = Both fit equally well; only the order differs.
why-no-single = No single change would alter this.
why-change = Would come first { $change }.
change-proximity = if the distance were at most { $distance }
change-occupation = if the mentor had the same trade
change-sector = if the mentor worked in the same sector
change-domains = { $count ->
    [one] if the mentor helped with one thing more
   *[other] if the mentor helped with { $count } things more
 }
change-languages = { $count ->
    [one] if they shared one language more
   *[other] if they shared { $count } languages more
 }
change-interests = { $count ->
    [one] if they shared one interest more
   *[other] if they shared { $count } interests more
 }
change-slots = { $count ->
    [one] if they shared one moment more
   *[other] if they shared { $count } moments more
 }
change-wishes = { $count ->
    [one] if one wish more were met
   *[other] if { $count } wishes more were met
 }
the-newcomer = The newcomer
the-mentor = The mentor
same-municipality = same municipality
band-open = { $from } or older
wish-sex-female = a woman
wish-sex-male = a man
wish-sex-other = somebody with X as gender
wish-age = somebody of { $band } years
wish-language = somebody who speaks { $language }
wish-nearby = somebody nearby
wish-same-sector = somebody from the same sector
domain-work = Work
domain-volunteering = Volunteering
domain-leisure = Leisure
domain-education = Training
domain-language = Practising Dutch
domain-administration = Paperwork
sector-administration = Administration
sector-agriculture = Agriculture and horticulture
sector-construction = Construction
sector-education = Education
sector-finance = Finance
sector-care = Care
sector-hospitality = Hospitality
sector-it = IT
sector-industry = Industry
sector-law = Law
sector-logistics = Logistics
sector-media = Media
sector-metal = Metal
sector-retail = Retail
sector-services = Services
sector-transport = Transport
sector-public = Public services and social work
sector-culture = Culture
interest-chess = Chess and board games
interest-cooking = Cooking
interest-cycling = Cycling
interest-film = Film
interest-football = Football
interest-gardening = Gardening
interest-music = Music
interest-photography = Photography
interest-reading = Reading
interest-sewing = Sewing and needlework
interest-swimming = Swimming
interest-walking = Walking
interest-sport = Other sports
interest-travel = Travel
interest-arts = Art, theatre and museums
short-mon = Mon
short-tue = Tue
short-wed = Wed
short-thu = Thu
short-fri = Fri
short-sat = Sat
short-sun = Sun
part-morning = morning
part-afternoon = afternoon
part-evening = evening

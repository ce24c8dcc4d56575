"""What synthetic people, their streets and their employers are called."""

from itertools import product
from typing import Final

FIRST_NAMES: Final = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas
Sarah Christopher Karen Charles Lisa Daniel Nancy Matthew Sandra Anthony Margaret Mark Emily Steven Kimberly Andrew Donna
Paul Michelle Joshua Carol Kenneth Amanda Kevin Melissa Brian Deborah Timothy Stephanie Ronald Rebecca Jason Laura George
Cynthia Edward Dorothy Jeffrey Amy Ryan Kathleen Jacob Angela Nicholas Anna Gary Emma Eric Nicole Jonathan Helen Stephen
Samantha Larry Katherine Justin Christine Scott Rachel Brandon Carolyn Benjamin Janet Samuel Catherine Gregory Maria
Alexander Heather Patrick Diane Frank Olivia Raymond Julie Jack Joyce Dennis Victoria Jerry Ruth Tyler Virginia Aaron
Lauren Jose Christina Adam Joan Nathan Evelyn Henry Judith Zachary Andrea Douglas Hannah Peter Megan Kyle Cheryl Noah
Jacqueline Ethan Martha Jeremy Madison Christian Teresa Walter Gloria Keith Sara Austin Janice Roger Ann Terry Kathryn Sean
Abigail Gerald Sophia Carl Frances Dylan Jean Harold Alice Jordan Judy Jesse Isabella Bryan Julia Lawrence Grace Arthur
Amber Gabriel Denise Bruce Danielle Logan Marilyn Billy Beverly Joe Charlotte Alan Natalie Juan Theresa Elijah Diana Willie
Brittany Albert Doris Wayne Kayla Randy Alexis Vincent Lori Hans Ursula Klaus Ingrid Jürgen Sabine Wolfgang Renate Stefan
Monika Andreas Claudia Torsten Birgit Uwe Heike Matthias Anke Pierre Marie François Monique Jean-Luc Isabelle Étienne
Nathalie Benoît Sandrine Luca Giulia Marco Francesca Matteo Chiara Alessandro Elena José María Carlos Carmen Jesús Ana
Javier Lucía Miguel Pilar Ángel Rosa Joaquín Inés João Mariana Tiago Beatriz Piotr Agnieszka Łukasz Małgorzata Tomasz
Katarzyna Jiří Zdeněk Lenka Søren Mette Jørgen Kirsten Lars Åsa Björn Sven Elin Mehmet Ayşe Mustafa Fatma Emre Zeynep
Mohammed Fatima Ahmed Aisha Omar Layla Priya Rahul Anjali Vikram Sunita Rajesh Wei Li Jing Min Hiroshi Yuki Kenji Sakura
Ivan Olga Dmitri Svetlana Andrei Natalia Minh Linh Kwame Abena Chidi Ngozi Siobhan Aoife Niamh Declan Zoë Chloë Renée
""".split()  # noqa: SIM905 - a list of names is read more easily so

SURNAMES: Final = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas
Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King
Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz
Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez Powell Jenkins Perry Russell Sullivan Bell
Coleman Butler Henderson Barnes Fisher Vasquez Simmons Graham Jordan Reynolds Hamilton Ford Wallace Cole West Müller
Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann
Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Dubois Durand Leroy Moreau Lefèvre Fournier Girard Bonnet Rossi
Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Silva Santos Ferreira Pereira Oliveira Kowalski Nowak Wiśniewski
Wójcik Novák Svoboda Dvořák Hansen Jensen Nielsen Sørensen Larsen Andersson Johansson Karlsson Nilsson Virtanen Korhonen
Öztürk Yılmaz Kaya Demir Khan Ali Ahmed Hussain Singh Kumar Sharma Gupta Wang Zhang Chen Liu Yang Huang Tanaka Suzuki Sato
Ivanov Petrov Smirnov Popov Tran Pham Okafor Mensah O'Brien O'Connor McCarthy MacDonald Fitzgerald Byrne Walsh Doyle
""".split()  # noqa: SIM905

_BEGINNINGS: Final = """
Ash Beck Birk Black Bran Brook Burn Cald Carl Clay Cran Crom Dal Darl Dun East Eber Edel Elm Fair Fal Fen Fern Gar Gild
Glen Gold Grim Hal Ham Hart Hay Hazel Heath Hei Hol Horn Hud Kel Ken Kirk Kling Lam Lang Lind Lock Lund Mar May Mel Mid
Mor Nor North Oak Old Pem Pres Rad Rams Red Rich Rock Rose Rot Rush Sand Sel Shel Silver Som Stan Stein Stock Strat Sut
Thorn Tor Up Wake Wal War Wein Wel West Whit Wil Wind Win Wood Wor York Zell
""".split()  # noqa: SIM905
_ENDINGS: Final = """
acre bach bank beck berg berger bourne brecht brook burn bury by combe cott croft dale den der dorf er field ford gate gren
ham hardt hauser hoff holm hurst ing ington kamp land ler leigh ley low lund man mann mark mayer more qvist ridge row sen
shaw son stad stead stein stett ston strom ter thal thorpe ton tree vale ville wald wall ward way well wick wood worth
""".split()  # noqa: SIM905
RARE_SURNAMES: Final = [begin + end for end, begin in product(_ENDINGS, _BEGINNINGS)]

CITIES: Final = """
London|Birmingham|Manchester|Leeds|Bristol|Liverpool|Sheffield|Nottingham|Leicester|Newcastle|Brighton|Cambridge|Oxford|
New York|Los Angeles|Chicago|Houston|Phoenix|Philadelphia|San Antonio|San Diego|Dallas|San Jose|Austin|Jacksonville|
San Francisco|Columbus|Charlotte|Indianapolis|Seattle|Denver|Boston|Nashville|Detroit|Portland|Las Vegas|Memphis|Baltimore|
Milwaukee|Albuquerque|Tucson|Fresno|Sacramento|Kansas City|Atlanta|Miami|Oakland|Minneapolis|Tampa|New Orleans|Cleveland|
Berlin|Hamburg|München|Köln|Frankfurt|Stuttgart|Düsseldorf|Leipzig|Dortmund|Nürnberg|Paris|Lyon|Marseille|Toulouse|Nantes|
Madrid|Barcelona|Valencia|Sevilla|Milano|Roma|Torino|Amsterdam|Rotterdam|Utrecht|Brussels|Antwerp|Zürich|Genève|Wien|Graz|
Stockholm|Göteborg|Oslo|Copenhagen|Aarhus|Helsinki|Warszawa|Kraków|Praha|Budapest|Dublin|Cork|Lisboa|Porto|Toronto|
Montréal|Vancouver|Sydney|Melbourne|Brisbane|Perth|Auckland|Singapore|Bengaluru|Mumbai|Tel Aviv|São Paulo
""".replace("\n", "").split("|")

STREETS: Final = """
High Church Park Main Oak Maple Cedar Pine Elm Washington Lake Hill Station Victoria Green Mill King Queen School New Mount
Spring River Bridge Chestnut Walnut Market Albert London Windsor York George Manor Castle West North South East Grove
Springfield Sunset Highland Forest Meadow Lincoln Jackson Franklin Jefferson Madison Adams Chapel Garden Union Broad
Cherry Willow Ridge Valley Orchard Prospect Clarence Alexandra Stanley Grange Warren Beech
""".split()  # noqa: SIM905
STREET_KINDS: Final = {
    "Street": "St", "Road": "Rd", "Avenue": "Ave", "Lane": "Ln", "Drive": "Dr", "Close": "Cl", "Way": "Way", "Court": "Ct",
}  # fmt: skip

COMPANY_WORDS: Final = """
Acorn Alpine Amber Apex Arbor Argon Atlas Aurora Azure Beacon Birch Blue Bolt Bright Canyon Cascade Cedar Chroma Cinder
Citrus Clear Cobalt Comet Copper Coral Crest Cross Crystal Cypress Delta Drift Eagle Echo Ember Evergreen Falcon First
Flint Forge Fox Frontier Fusion Galaxy Gamma Garnet Granite Green Grove Harbor Haven Helix Hexa Horizon Hyper Indigo Iron
Ivory Jade Juniper Key Lark Laurel Legend Lime Linden Lumen Luna Lynx Magna Maple Meridian Metro Mint Mono Nimbus Noble
North Nova Oak Ocean Octo Olive Omni Onyx Opal Orbit Orchid Osprey Pacific Peak Pearl Phoenix Pine Pioneer Pixel Polar
Prime Quantum Quartz Quest Rapid Raven Redwood River Rock Ruby Sage Sapphire Sequoia Sierra Silver Sky Slate Solar Sonic
Spark Spruce Star Sterling Stone Summit Swift Terra Titan Topaz True Ultra Union Urban Vector Velvet Vertex Violet Vista
Vivid Wave Willow Wind Wolf Zen Zenith
""".split()  # noqa: SIM905
COMPANY_KINDS: Final = """
Analytics Capital Foods Robotics Logistics Media Software Systems Health Energy Consulting Partners Labs Interactive
Networks Biotech Security Finance Motors Textiles Studios Insurance Materials Recruiting Printing Architects
""".split()  # noqa: SIM905
LEGAL_FORMS: Final = ["Inc.", "LLC", "Ltd", "Ltd.", "GmbH", "AG", "Corp.", "S.A.", "B.V.", "Limited", "Group", "& Co."]
FREE_MAIL: Final = (
    ["gmail.com"] * 9 + ["yahoo.com", "hotmail.com", "outlook.com"] * 2 + ["icloud.com", "gmx.de", "aol.com"]
)
ROLES: Final = ["info", "sales", "office", "contact", "hello", "admin", "support"]

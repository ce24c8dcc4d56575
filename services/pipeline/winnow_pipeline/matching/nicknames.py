"""Short forms of first names: two names are said of one person where a line has both.

Written for this engine: the commonest names of lead lists and how their bearers are called, in several languages.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_LINES: Final = """
abigail abby abbie gail
abraham abe bram
adam ad
agnieszka aga
agnes aggie nessie
albert al bert bertie
alexander alex al sandy alec lex sasha xander alejandro alessandro aleksander sascha alessio
alexandra alex sandra lexi sandy sasha alexis alessandra aleksandra sascha
alfred al fred alf alfie freddie
alice ali allie
allison alison ali allie
amanda mandy manda amy
amelia amy millie mia
andrew andy drew andre andreas andrea andrei andrzej andres anders
angela angie angel
ann anne anna annie nan nancy hannah anja anita
anthony tony ant anton antonio antoine toni
antonia toni tonia antoinette
arthur art artie arturo
augustus gus august
barbara barb barbie babs bobbie basia
beatrice bea trixie beatriz
benjamin ben benny benji benoit
bernard bernie barney bernhard
beverly bev beverley
bradley brad
brandon bran
brian bryan bry
bridget biddy bridie
caroline carolyn carrie carol caro karoline
carl karl charles carlos carlo charlie chuck chas
carol carrie
catherine cathy kate cat katie kathy katherine kathryn kitty cathryn katarzyna catalina ekaterina kasia katia karen kay
charlotte charlie lottie char carlotta
christian chris kris cristian
christina chris tina christine chrissy christy kristina kristin kirsten cristina
christopher chris kit topher kris cristobal
claudia claude
clifford cliff
constance connie
cynthia cindy
daniel dan danny daniele
danielle dani
david dave davy davey
deborah debbie deb debra
denise dee
dennis denny den
diane diana di
dietrich dieter
dmitri dima
dolores lola
dominic dom nick domenico
donald don donny donnie
donna dee
dorothy dot dottie dolly dora dory
douglas doug
edmund ed eddie ned ted
edward ed eddie ned ted teddy eduardo
edwin ed eddie
eleanor ellie nell nora elle lenora eleonore
elena lena helena helen ellen nell nellie
elizabeth liz beth betty lizzie eliza bess betsy libby lisa elsie elisabeth bette lise ella elspeth elisa else lilibeth
emily em emmy millie
emma em emmy
emanuel manny manuel manolo emmanuel
eric rick erik
ernest ernie ernst
esther essie
ethan eth
eugene gene
evelyn eve evie
ferdinand ferdi fernando
florence flo flossie
frances fran franny francie frankie francesca fanny francisca
francis frank fran frankie francisco francesco paco pancho francois franz franciszek
franklin frank
frederick fred freddie freddy fritz rick friedrich federico fredrick frederic
gabriel gabe
gabriella gabby gabrielle gabriele
gary gaz
genevieve gen eve
geoffrey geoff jeff jeffrey jeffery
george georgie jorge georg jurgen giorgio
gerald gerry jerry gerard
gertrude trudy gertie trude
gilbert gil bert
giovanni gianni
giuseppe beppe pino
gloria glo
gordon gord
grace gracie
gregory greg gregor
guillermo memo
gwendolyn gwen wendy
hannah anna nan
harold hal harry
harriet hattie harry
heather hettie
henry hank harry hal henri heinrich heinz enrique hendrik
herbert herb bert bertie
howard howie
hubert hugh bert
hugh hughie hugo
ignacio nacho
irene rena
isaac ike zac
isabella bella izzy isabel belle isabelle
ivan vanya
jacob jake jakob jacques jakub
jacqueline jackie jacqui
james jim jimmy jamie jem jaime
jane janie jenny jean janet
janet jan
janice jan
jason jay jase
jean jeanne jeannie
jennifer jen jenny jenn jenna
jeremiah jerry jem
jeremy jem jerry jez
jerome jerry
jessica jess jessie
jesse jess
joan joanie jo
joanna jo joanne joann anna
johann hans johannes jan jo jens
john jack johnny jon jock ian sean juan jean giovanni ivan
jonathan jon john johnny nathan
jordan jordy
joseph joe joey jo jose josef giuseppe pepe jozef youssef
josephine jo josie fina
joshua josh
joyce joy
juan juanito
judith judy jude judi
julia julie jules juliet
julian jules jule
justin jus
karen kari
katherine kate katie kathy kay kat kit kitty katharine kathleen kathryn catherine
kathleen kathy kate katie kay
kenneth ken kenny
kevin kev
kimberly kim kimberley
klaus nikolaus niklas claus
krzysztof krzys
lance lancelot
larry lars lawrence
laura laurie lori lauretta
lauren laurie ren
lawrence larry laurence lorenzo law lars laurent lorenz
leonard leo len lenny leon leonardo lennard
leslie les
lewis lou louis lew ludwig luis luigi
lillian lily lil lilly
linda lindy lynn
lindsay lindsey linds
louis lou louie luis
louise lou lulu luisa
lucas luke luca lukasz
lucy lu lucia luz
luke lukas
madeline maddie maddy madeleine madison
magdalena magda lena
malcolm mal
malgorzata gosia
marcus mark marc marco marek
margaret maggie meg peggy marge margie greta rita daisy margot peg madge margarete margarita meggie grete marguerite
maria marie mary mia mariana maryam
marilyn mari
marjorie marge margie
martha marty mattie
martin marty marcin
mary molly polly mae may mamie maria marie minnie
mateusz mateo
matilda tilly mattie tilda
matthew matt matty matthias mateo matteo matthieu mathias mats
maurice mo morris moritz
maxwell max
maximilian max
megan meg
melanie mel
melissa mel lissa missy
mercedes sadie
michael mike mick mickey mitch micky michel miguel mikael michal mikhail misha mischa michele
michelle shelly chelle micki
miguel mike
mildred millie
miriam mimi mitzi
mohammed mohamed muhammad mo mohammad mehmet
monica mona
nancy nan
natalie nat natasha natalia nathalie
nathan nate nat nathaniel
nathaniel nat nate nathan
nicholas nick nicky nico nicolas niko klaus nikolai nicola claus niclas nikolaus
nicole nikki nicky nicola coco
norman norm
oliver ollie noll olivier
olivia liv livvy
oscar ossie
pamela pam
patricia pat patty tricia trish patsy patti pattie
patrick pat paddy rick pádraig patricio
paul paulie pablo paolo pavel pawel pal
paula polly
penelope penny
peter pete petey pedro pietro piotr pierre petr
philip phil pip philipp philippe felipe phillip filip
phyllis phyl
priscilla cilla
rachel rae shelly rachael
ralph rafe
randolph randy
randall randy
raymond ray raimund ramon
rebecca becky becca reba beck
regina gina reggie
reginald reg reggie
renate rena
ricardo rick ricky rico
richard rick dick rich ricky richie ricardo riccardo dickie rickie
robert bob rob bobby robbie bert robin roberto rupert
roberta bobbie robbie
roderick rod roddy
rodney rod
roger rog rodger
roland rollo rolf
ronald ron ronnie ronny
rosemary rose rosie
rose rosie rosa
roxanne roxy
rudolph rudy rolf rudolf
russell russ rusty
ruth ruthie
ryan ry
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sara sally sadie
sebastian seb bastian
sergei serge sergio
shirley shirl
silvia sylvia syl
simon si
sophia sophie sofia zofia
stanley stan
stephanie steph stefanie stevie stef
stephen steve steven stevie stefan stephan etienne esteban
stuart stu
susan sue susie suzie suzanne susanna sukie
tabitha tabby
tatiana tanya
terence terry
theodore ted teddy theo
theresa terry tess tessa tracy teresa resi therese
thomas tom tommy tomasz tomas tommaso thom
timothy tim timmy
tobias toby tobi
tyler ty
ursula uschi ulla
valerie val
vanessa nessa
veronica ronnie vera roni
victor vic viktor
victoria vicky vicki tori vic viktoria
vincent vin vince vinny vincenzo vicente
virginia ginny ginger
vivian viv
vladimir vova vlad
walter walt wally
wayne way
wendy wen
wilhelm willi will willy
william bill will billy willie liam guillermo wilhelm guillaume willem
winifred winnie freda
wolfgang wolf
yvonne vonnie
zachary zach zack zak
"""


@lru_cache(maxsize=1)
def groups_by_name() -> Mapping[str, tuple[int, ...]]:
    """The numbers of the lines that have a name."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(_LINES.split("\n")):
        for name in dict.fromkeys(line.split()):
            found[name].append(number)
    return {name: tuple(numbers) for name, numbers in found.items()}

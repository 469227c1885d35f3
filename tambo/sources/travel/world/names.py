"""First and last names; a first name says something about gender, some say nothing."""

from __future__ import annotations

MALE = (
    "José", "João", "Antonio", "Francisco", "Carlos", "Paulo", "Pedro", "Lucas", "Luiz", "Marcos",
    "Gabriel", "Rafael", "Daniel", "Marcelo", "Bruno", "Eduardo", "Felipe", "Raimundo", "Rodrigo",
    "Mateus", "André", "Fernando", "Fábio", "Leonardo", "Gustavo", "Guilherme", "Leandro", "Tiago",
    "Anderson", "Ricardo", "Márcio", "Jorge", "Sebastião", "Alexandre", "Roberto", "Edson", "Diego",
    "Vitor", "Sérgio", "Cláudio", "Mateo", "Renato", "Mauro", "Otávio", "Caio", "Murilo", "Heitor",
    "Davi", "Samuel", "Benício", "Nelson", "Wilson", "Everton", "Adriano", "Emerson", "Silvio",
)  # fmt: skip
FEMALE = (
    "Maria", "Ana", "Francisca", "Antonia", "Adriana", "Juliana", "Márcia", "Fernanda", "Patrícia",
    "Aline", "Sandra", "Camila", "Amanda", "Bruna", "Jéssica", "Letícia", "Júlia", "Luciana",
    "Vanessa", "Mariana", "Gabriela", "Vera", "Vitória", "Larissa", "Cláudia", "Beatriz", "Luana",
    "Rita", "Sônia", "Renata", "Eliane", "Josefa", "Simone", "Natália", "Cristiane", "Carla",
    "Débora", "Rosângela", "Jaqueline", "Rosa", "Daniela", "Aparecida", "Marlene", "Terezinha",
    "Raimunda", "Andréia", "Fabiana", "Lúcia", "Raquel", "Isabela", "Helena", "Alice", "Sofia",
    "Silvana", "Paula", "Elisa",
)  # fmt: skip
EITHER = ("Ariel", "Darci", "Noah", "Alex", "Sasha", "Jaci", "Cris", "Juraci", "Eli", "Dominique")
LAST = (
    "Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves", "Pereira", "Lima",
    "Gomes", "Costa", "Ribeiro", "Martins", "Carvalho", "Almeida", "Lopes", "Soares", "Fernandes",
    "Vieira", "Barbosa", "Rocha", "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques",
    "Machado", "Mendes", "Freitas", "Cardoso", "Ramos", "Gonçalves", "Santana", "Teixeira",
    "Araújo", "Pinto", "Correia", "Farias", "Moura", "Batista", "Campos", "Castro", "Cavalcanti",
    "Monteiro", "Borges", "Barros", "Melo", "Azevedo", "Peixoto", "Sampaio", "Queiroz", "Tavares",
)  # fmt: skip
HOTELS = (
    "Aurora", "das Ondas", "Jangada", "Coral", "Ipê Amarelo", "Sabiá", "Boa Vista", "Mirante",
    "Lagoa", "Palmeira", "Beira Rio", "Solar", "Estrela", "Cruzeiro", "Maresia", "Canoa",
    "Araucária", "Farol", "Horizonte", "Pedra Alta", "Jasmim", "Colina", "Vento Leste", "Orquídea",
    "Tucano", "Areia Branca", "Monte Verde", "Gaivota", "Imperial", "Veleiro", "Bromélia", "Onda",
    "Serenata", "Pitanga", "Aroeira", "Sereia", "Cajueiro", "Planalto", "Cascata", "Manacá",
    "Bela Aliança", "Girassol", "Caravela", "Mangaba", "Cedro", "Angra", "Jatobá", "Marina",
    "Alvorada", "Beija-Flor", "Guará", "Samambaia", "Paineira", "Recanto", "Travessia", "Vitral",
    "Pau-Brasil", "Quinta", "Rosário", "Primavera", "Arara", "Buriti", "Castelo", "Dunas",
    "Esmeralda", "Fonte", "Garoa", "Harmonia", "Ilhéu", "Jardim", "Lírio", "Magnólia", "Nobre",
    "Ouro Velho", "Passeio", "Quilha", "Ribalta", "Safira", "Timoneiro", "Uirapuru",
)  # fmt: skip

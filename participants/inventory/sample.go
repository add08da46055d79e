package inventory

import (
	"fmt"

	"parley/participants/food"
)

// Sample returns a small menu, with stocks that can be exhausted manually.
func Sample() []food.Item {
	return []food.Item{
		{Item: "margherita", Name: "Pizza Margherita", PriceCents: 950, Stock: 100},
		{Item: "quattro-formaggi", Name: "Pizza Quattro Formaggi", PriceCents: 1190, Stock: 60},
		{Item: "lasagne", Name: "Lasagne al Forno", PriceCents: 1250, Stock: 40},
		{Item: "pad-thai", Name: "Pad Thai with Tofu", PriceCents: 1150, Stock: 50},
		{Item: "green-curry", Name: "Green Curry with Rice", PriceCents: 1220, Stock: 45},
		{Item: "falafel", Name: "Falafel Plate", PriceCents: 890, Stock: 80},
		{Item: "caesar-salad", Name: "Caesar Salad", PriceCents: 990, Stock: 30},
		{Item: "tiramisu", Name: "Tiramisù", PriceCents: 550, Stock: 20},
	}
}

// Bench returns a menu that no benchmark exhausts: item-0 to item-63.
func Bench() []food.Item {
	menu := make([]food.Item, 64)
	for i := range menu {
		menu[i] = food.Item{Item: fmt.Sprintf("item-%d", i), Name: fmt.Sprintf("Item %d", i), PriceCents: 100, Stock: food.MaxStock}
	}
	return menu
}

module misbehave

go 1.25

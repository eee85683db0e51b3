"""How a recap goes out: each form is made from the same recap and says what it is based on.

words     what all forms say in words
text      WhatsApp, in parts
picture   one PNG, for a phone and a superior
workbook  XLSX
table     CSV and JSON
reasons   why somebody is not recorded, in words
rankings  the ranking in words
"""

"""One stage on AWS: `make deploy`, `make status`, `make destroy`, `make rollback`.

    stages      what a person writes of a stage (.chalice/stages/STAGE.toml), validated
    account     the AWS account, and what of the stage exists in it: nothing else is remembered
    preflight   what would fail later, said before anything is made
    network     its part about subnets and addresses
    cloudformation, stacks
                any stack; the stage's two (.chalice/resources.json and watch.json)
    project     the directory that Chalice deploys: code, its configuration, narrowed policies
    functions   Chalice, packaging and deploying, and single functions
    bundles     what was deployed, kept for `make rollback`
    steps       the order of a deployment
    status, destroy, commands

Every step looks at what is there and can be run again; where one fails, the ones before it stand.
"""
